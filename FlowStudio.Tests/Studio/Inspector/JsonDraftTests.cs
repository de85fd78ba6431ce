using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Web.Studio.Editor.Inspector;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Inspector;

public class JsonDraftTests
{
    [Theory]
    [InlineData("""{"a":[1,2]}""")]
    [InlineData("\"plain words\"")]
    [InlineData("\"123\"")]
    [InlineData("\"true\"")]
    [InlineData("\"{\\\"a\\\":1}\"")]
    [InlineData("\"{ half\"")]
    [InlineData("7")]
    [InlineData("false")]
    [InlineData("[]")]
    public void What_is_shown_is_read_back_as_the_same_value(string json)
    {
        var value = JsonText.Parse(Encoding.UTF8.GetBytes(json));
        var read = JsonDraft.Read(JsonDraft.Show(value)).ShouldNotBeNull();
        JsonElement.DeepEquals(read, value).ShouldBeTrue($"{json} became {read.GetRawText()}");
    }

    [Fact]
    public void A_text_that_is_not_yet_JSON_is_kept_as_a_text_and_told()
    {
        JsonDraft.Read("{\"a\":").ShouldNotBeNull().GetString().ShouldBe("{\"a\":");
        JsonDraft.Problem("{\"a\":").ShouldNotBeNull();
        JsonDraft.Problem("1 2").ShouldNotBeNull();
        JsonDraft.Problem("{}").ShouldBeNull();
    }

    [Fact]
    public void Nothing_is_no_value() => JsonDraft.Read("  \n").ShouldBeNull();
}
