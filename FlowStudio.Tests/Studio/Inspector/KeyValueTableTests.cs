using System.Text;
using FlowStudio.Engine;
using FlowStudio.Web.Studio.Editor.Inspector;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Inspector;

public class KeyValueTableTests
{
    const string Json = """[{"key":"Accept","value":"text/plain"},{"key":"Authorization","value":{"variable":"TOKEN","format":"Bearer {value}"}}]""";

    [Fact]
    public void Rows_are_read_and_written_back_the_same()
    {
        var rows = KeyValueTable.Rows(JsonText.Parse(Encoding.UTF8.GetBytes(Json)));
        rows.ShouldBe([new("Accept", "text/plain"), new("Authorization", "TOKEN", FromVariable: true, "Bearer {value}")]);
        KeyValueTable.Value(rows).ShouldNotBeNull().GetRawText().ShouldBe(Json);
    }

    [Fact]
    public void Empty_rows_are_not_kept_and_none_at_all_is_the_default()
    {
        KeyValueTable.Value([new("", ""), new("a", "")]).ShouldNotBeNull().GetRawText().ShouldBe("""[{"key":"a","value":""}]""");
        KeyValueTable.Value([new("", "")]).ShouldBeNull();
    }

    [Theory]
    [InlineData("Authorization", "Bearer abcdef", false, true)]
    [InlineData("X-Api-Key", "abcdefgh", false, true)]
    [InlineData("X-Api-Key", "", false, false)]
    [InlineData("Authorization", "TOKEN_NAME", true, false)]
    [InlineData("Accept", "application/json", false, false)]
    public void A_secret_that_stands_open_is_noticed(string key, string value, bool variable, bool shows) =>
        KeyValueTable.ShowsSecret(new(key, value, variable)).ShouldBe(shows);
}
