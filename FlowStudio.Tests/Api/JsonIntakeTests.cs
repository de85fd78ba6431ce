using System.Buffers;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Web.Api.Json;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Api;

public class JsonIntakeTests
{
    [Theory]
    [MemberData(nameof(HostileBodies.Names), MemberType = typeof(HostileBodies))]
    public void A_body_is_taken_only_when_it_can_be_read_and_written(string name)
    {
        var (body, verdict) = HostileBodies.Of(name);
        var flaw = JsonCheck.Read(body, out var value);
        (flaw is JsonFlaw.None).ShouldBe(verdict is Verdict.Json, flaw.ToString());
        (flaw is JsonFlaw.NotUtf8).ShouldBe(verdict is Verdict.Refused, flaw.ToString());
        if (flaw is JsonFlaw.None)
            JsonElement.DeepEquals(JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(value)).RootElement, value).ShouldBeTrue();
    }

    [Theory]
    [InlineData("""{"a":1,"a":2}""", JsonFlaw.DuplicateName)]
    [InlineData("1e400", JsonFlaw.NumberTooLarge)]
    [InlineData("""["\ud800"]""", JsonFlaw.LoneSurrogate)]
    [InlineData("{", JsonFlaw.NotJson)]
    public void The_flaw_has_a_name_words_and_a_code(string body, JsonFlaw expected)
    {
        JsonCheck.Read(Encoding.UTF8.GetBytes(body), out _).ShouldBe(expected);
        JsonIntake.Words(expected).ShouldNotBeEmpty();
        JsonIntake.Code(expected).ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData(64, JsonFlaw.None)]
    [InlineData(65, JsonFlaw.TooDeep)]
    [InlineData(100_000, JsonFlaw.TooDeep)]
    public void Sixty_four_levels_are_taken_and_no_more(int depth, JsonFlaw expected)
    {
        JsonCheck.Read(Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth)), out _).ShouldBe(expected);
        var objects = string.Concat(Enumerable.Repeat("{ \"a\" :\n", depth)) + "1" + new string('}', depth);
        JsonCheck.Read(Encoding.UTF8.GetBytes(objects), out _).ShouldBe(expected);
    }

    [Fact]
    public void A_body_in_pieces_is_the_same_body()
    {
        var body = Encoding.UTF8.GetBytes("""{"name":"Ada","items":[1,2,{"x":"😀"}]}""");
        var first = new Piece(body.AsMemory(0, 7));
        var sequence = new ReadOnlySequence<byte>(first, 0, first.Then(body.AsMemory(7, 20)).Then(body.AsMemory(27)), body.Length - 27);
        JsonIntake.Read(sequence, out var value).ShouldBe(JsonFlaw.None);
        JsonElement.DeepEquals(value, JsonDocument.Parse(body).RootElement).ShouldBeTrue();
    }

    [Fact]
    public void The_value_outlives_the_bytes()
    {
        var body = """{"a":"kept"}"""u8.ToArray();
        JsonCheck.Read(body, out var value);
        Array.Clear(body);
        value.GetProperty("a").GetString().ShouldBe("kept");
    }

    [Fact]
    public void Repeated_names_are_found_in_objects_of_any_size()
    {
        foreach (var count in new[] { 2, 11, 12, 13, 14, 64, 65, 66, 500 })
        {
            for (var repeated = 0; repeated < count; repeated += Math.Max(1, count / 7))
            {
                var names = Enumerable.Range(0, count).Select(i => $"\"name{i}\":{{\"name{i}\":0}}");
                var good = "{" + string.Join(',', names) + "}";
                var bad = good[..^1] + $",\"name{repeated}\":1}}";
                JsonCheck.Read(Encoding.UTF8.GetBytes(good), out _).ShouldBe(JsonFlaw.None, $"{count}");
                JsonCheck.Read(Encoding.UTF8.GetBytes(bad), out _).ShouldBe(JsonFlaw.DuplicateName, $"{count}, {repeated}");
            }
        }
    }

    [Fact]
    public void Any_bytes_get_a_verdict_and_never_an_exception()
    {
        var pieces = Gen.Elements("{", "}", "[", "]", "\"", ":", ",", "a", "\\u", "D800", "DC00", "\\", "1", "e", "400", "-", ".", "null", " ", "\u0000",
            "\uFEFF", "é");
        Prop.ForAll(Arb.From(Gen.ListOf(pieces)), list =>
        {
            var body = Encoding.UTF8.GetBytes(string.Concat(list));
            if (JsonCheck.Read(body, out var value) is JsonFlaw.None)
                _ = JsonSerializer.Serialize(value);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Piece Then(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
