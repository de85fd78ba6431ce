using System.Text;
using FlowStudio.Engine;
using FlowStudio.Engine.Questions;
using FlowStudio.Web.Studio.Editor.Inspector;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Inspector;

public class FormFieldTableTests
{
    static System.Text.Json.JsonElement Json(string text) => JsonText.Parse(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void Fields_come_back_as_they_were_written()
    {
        IReadOnlyList<FormFieldRow> rows = [new("amount", "Amount", QuestionFieldKind.Number), new("size", "", QuestionFieldKind.Choice, Required: false, Choices: "S\nM")];
        var value = FormFieldTable.Value(rows).ShouldNotBeNull();
        value.GetRawText().ShouldBe("""[{"name":"amount","label":"Amount","kind":"number","required":true},{"name":"size","kind":"choice","required":false,"choices":["S","M"]}]""");
        FormFieldTable.Rows(value).ShouldBe(rows);
        FormFields.Read(value, out var problems).Count.ShouldBe(2);
        problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"name":"amount"}""")]
    [InlineData("""["amount"]""")]
    [InlineData("""[{"name":"amount","help":"how much"}]""")]
    [InlineData("""[{"name":"amount","kind":"money"}]""")]
    [InlineData("""[{"name":7}]""")]
    public void What_rows_would_lose_stays_JSON(string setting) => FormFieldTable.Rows(Json(setting)).ShouldBeNull();

    [Fact]
    public void Nothing_is_no_rows_and_no_rows_are_nothing()
    {
        FormFieldTable.Rows(JsonText.Null).ShouldNotBeNull().ShouldBeEmpty();
        FormFieldTable.Value([]).ShouldBeNull();
    }

    [Theory]
    [InlineData("Amount in €", "amount_in")]
    [InlineData("  E-mail  address ", "e_mail_address")]
    [InlineData("Größe", "gr_e")]
    [InlineData("?", "")]
    public void A_label_makes_a_name(string label, string name) => FormFieldTable.NameOf(label).ShouldBe(name);
}
