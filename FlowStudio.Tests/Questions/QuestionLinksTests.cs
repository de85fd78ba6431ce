using FlowStudio.Engine.Questions;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Questions;

/// <summary>Links that show one question.</summary>
public sealed class QuestionLinksTests
{
    [Fact]
    public async Task A_link_leads_to_its_question_and_no_other_one_does()
    {
        await using var engine = await EngineFixture.StartAsync();
        var links = engine.Get<QuestionLinks>();
        var asked = new OpenQuestion
        {
            Id = Guid.CreateVersion7(),
            RunId = Guid.CreateVersion7(),
            FlowId = Guid.CreateVersion7(),
            NodeId = "ask",
            NodeTitle = "Ask",
            Question = new() { Kind = QuestionKind.Text },
            AskedAt = DateTimeOffset.UnixEpoch,
        };
        var link = links.Make(asked);
        link.ShouldStartWith("/answer/");
        var token = link["/answer/".Length..];
        token.ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || c == '-' || c == '_');
        links.Read(token).ShouldBe(asked.Id);
        for (var i = 0; i < token.Length - 1; i++)
            links.Read(token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..]).ShouldBeNull();
        foreach (var other in new[] { null, "", "x", token + "A", token[1..], new string('A', token.Length), new string('+', token.Length), "ü" + token[1..] })
            links.Read(other).ShouldBeNull();
        await using var another = await EngineFixture.StartAsync();
        another.Get<QuestionLinks>().Read(token).ShouldBeNull();
    }
}
