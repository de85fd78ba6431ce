namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>What a text in the code editor is.</summary>
public enum CodeLanguage
{
    /// <summary>Words; nothing is marked.</summary>
    Text,

    /// <summary>A text with <c>{paths}</c>, which are marked and completed.</summary>
    Template,

    Json,
}

/// <summary>A value that a template can name.</summary>
/// <param name="Path">As it stands between braces.</param>
/// <param name="Value">The beginning of what is there, or what kind of thing it is.</param>
public sealed record CodePath(string Path, string Value);

/// <summary>Something wrong at a place of a text; line and column count from 1.</summary>
public sealed record CodeProblem(int Line, int Column, string Message);

/// <summary>What the code editor in the browser is told besides the text; <c>Facts</c> in <c>editor/src/index.ts</c>.</summary>
sealed record CodeFacts(bool ReadOnly, bool Invalid, IReadOnlyList<CodePath> Paths, IReadOnlyList<CodeProblem> Problems)
{
    public bool Same(CodeFacts? other) => other is not null && ReadOnly == other.ReadOnly && Invalid == other.Invalid
        && Paths.SequenceEqual(other.Paths) && Problems.SequenceEqual(other.Problems);
}

/// <summary>What stays as it is while the code editor is open; <c>Options</c> in <c>editor/src/index.ts</c>.</summary>
sealed record CodeOptions(string Text, string Language, string Label, string? DescribedBy, string? Placeholder);
