namespace FlowStudio.Web.Studio.Editor.Inspector;

/// <summary>Something to choose.</summary>
/// <param name="Value">What is taken.</param>
/// <param name="Text">What is read; the value when null.</param>
/// <param name="Note">Beside it, quietly.</param>
/// <param name="Icon">A symbol of the icon sheet.</param>
public sealed record Suggestion(string Value, string? Text = null, string? Note = null, string? Icon = null);
