using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Studio.Editor.State;

/// <summary>Sticks a note on the canvas.</summary>
public sealed record AddNote(Position At, string Text = "") : Edit
{
    /// <inheritdoc cref="AddNode.Id"/>
    public string? Id { get; init; }

    public double? Width { get; init; }

    public double? Height { get; init; }

    public override string NameIn(FlowDocument document, ComponentCatalog catalog) => "Add a note";

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog)
    {
        var id = new NewIds(document).Take(Id) ?? new NewIds(document).For("note");
        return document with { Notes = [.. document.Notes, new Note { Id = id, Text = Text, Position = At, Width = Width, Height = Height }] };
    }
}

/// <summary>Changes what is given of a note; the rest stays. Typing in one note is one step.</summary>
public sealed record ChangeNote(string NoteId) : Edit
{
    /// <summary>A note is read by people, not an archive.</summary>
    const int MaxText = 20_000;

    public string? Text { get; init; }

    public Position? Position { get; init; }

    public double? Width { get; init; }

    public double? Height { get; init; }

    /// <summary>A name of the palette; empty for the usual one.</summary>
    public string? Color { get; init; }

    public override string? MergeKey => Text is not null && Width is null && Height is null && Color is null ? $"note\n{NoteId}" : null;

    public override string NameIn(FlowDocument document, ComponentCatalog catalog) => this switch
    {
        { Text: not null } => "Write a note",
        { Color: not null } => "Colour a note",
        _ => "Resize a note",
    };

    public override FlowDocument Apply(FlowDocument document, ComponentCatalog catalog)
    {
        var note = document.Notes.FirstOrDefault(n => n.Id == NoteId) ?? throw new EditRefusedException("The note is not there any more: it was deleted meanwhile.");
        if (Text is { Length: > MaxText })
            throw new EditRefusedException($"The note has {Text.Length:N0} characters. Use {MaxText:N0} at most.");
        var changed = note with
        {
            Text = Text ?? note.Text,
            Position = Position ?? note.Position,
            Width = Width ?? note.Width,
            Height = Height ?? note.Height,
            Color = Color is null ? note.Color : Color.Length == 0 ? null : Color,
        };
        return changed == note ? document : document with { Notes = [.. document.Notes.Select(n => ReferenceEquals(n, note) ? changed : n)] };
    }
}
