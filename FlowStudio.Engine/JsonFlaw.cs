namespace FlowStudio.Engine;

/// <summary>What is wrong with bytes that should be JSON.</summary>
public enum JsonFlaw
{
    None,

    /// <summary>The bytes are not UTF-8: not text at all.</summary>
    NotUtf8,

    /// <summary>Text, but not JSON.</summary>
    NotJson,

    /// <summary>JSON nested deeper than <see cref="JsonCheck.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>An object names the same property twice: readers disagree on which one counts.</summary>
    DuplicateName,

    /// <summary>An escape makes half of a surrogate pair, which no UTF-8 text can hold.</summary>
    LoneSurrogate,

    /// <summary>A number beyond what a double holds; it would become infinity, which JSON cannot write.</summary>
    NumberTooLarge,
}
