using FlowStudio.Web.Studio.Flows;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio;

public class ImportAnswerTests
{
    const string Id = "019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41";

    [Theory]
    [InlineData(201, """{"items":[{"id":"019a9c1e-5d0a-7c41-9a53-0c6f3d3f7c41","name":"x"}],"next_cursor":null}""", 1)]
    [InlineData(201, """{"items":[{"id":"no id"},{}]}""", 0)]
    [InlineData(201, """{"items":[{"id":"019a9c1e-5d0a-7c41""", 0)]
    [InlineData(200, "[]", 0)]
    public void What_was_imported_is_known_even_when_the_answer_is_cut(int status, string body, int count)
    {
        var (ids, _, problem) = ImportAnswer.Read("a.json", status, body);
        problem.ShouldBeNull();
        ids.ShouldBe(Enumerable.Repeat(Guid.Parse(Id), count));
    }

    [Fact]
    public void Of_many_flows_their_number_is_known() =>
        ImportAnswer.Read("a.zip", 201, $$"""{"count":800,"items":[{"id":"{{Id}}"}]}""").Count.ShouldBe(800);

    [Theory]
    [InlineData(400, """{"title":"Bad Request","detail":"That is not a file of a flow."}""", "a.json: That is not a file of a flow.")]
    [InlineData(413, """{"title":"Too large"}""", "a.json: Too large")]
    [InlineData(500, "{}", "a.json: refused with status 500.")]
    [InlineData(502, "<html>", "a.json was refused with status 502.")]
    [InlineData(0, "Failed to fetch", "a.json did not reach the server: Failed to fetch")]
    public void What_was_refused_says_why(int status, string body, string words) => ImportAnswer.Read("a.json", status, body).Problem.ShouldBe(words);
}
