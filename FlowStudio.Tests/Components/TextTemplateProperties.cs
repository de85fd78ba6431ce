using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Components;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class TextTemplateProperties
{
    static readonly string[] Keys = ["a", "b", "name", "x-1"];

    // Values and texts full of what means something in templates.
    static readonly Gen<string> Noise = Gen.Elements([.. "{}ab .[]\"0\n\\é😀"]).ListOf().Select(c => JsonSafe([.. c]));

    static readonly Gen<Piece> Pieces = Gen.OneOf(
        from text in Noise select new Piece(text, Key: null),
        from key in Gen.Elements(Keys) select new Piece("", key));

    static readonly Gen<(List<Piece> Pieces, List<string> Values)> Cases =
        from pieces in Pieces.ListOf()
        from values in Noise.ListOf(Keys.Length)
        select (pieces, values);

    static Config Often => Config.QuickThrowOnFailure.WithMaxTest(2_000);

    [Fact]
    public void The_output_is_the_text_with_known_placeholders_replaced_once() => Prop.ForAll(Cases.ToArbitrary(), c =>
    {
        var template = new StringBuilder();
        var expected = new StringBuilder();
        foreach (var piece in c.Pieces)
        {
            template.Append(piece.Key is { } key ? $"{{{key}}}" : piece.Text.Replace("{", "{{").Replace("}", "}}"));
            expected.Append(piece.Key is null ? piece.Text : c.Values[Array.IndexOf(Keys, piece.Key)]);
        }
        var data = JsonSerializer.SerializeToElement(Keys.Zip(c.Values).ToDictionary(p => p.First, p => p.Second));
        TextTemplate.Parse(template.ToString()).Fill(data).ShouldBe(expected.ToString());
    }).Check(Often);

    [Fact]
    public void Any_text_is_either_filled_or_refused_with_places_inside_it() => Prop.ForAll(Noise.ToArbitrary(), text =>
    {
        var template = TextTemplate.Parse(text);
        if (template.Errors.Count == 0)
        {
            template.Fill(NodeTest.Json("{}")).Length.ShouldBeLessThanOrEqualTo(text.Length);
            return;
        }
        var lines = text.Split('\n');
        foreach (var error in template.Errors)
        {
            error.Line.ShouldBeInRange(1, lines.Length);
            error.Column.ShouldBeInRange(1, lines[error.Line - 1].Length + 1);
        }
    }).Check(Often);

    /// <summary>Elements of a list of UTF-16 units may tear pairs apart, which no JSON holds.</summary>
    static string JsonSafe(char[] units) => new string(units).Replace("\ud83d", "", StringComparison.Ordinal).Replace("\ude00", "", StringComparison.Ordinal);

    sealed record Piece(string Text, string? Key);
}
