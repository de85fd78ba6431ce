using System.Text;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Flows;

public class FlowJsonTests
{
    const string Whole =
        """{"schema":1,"nodes":[{"id":"a","type":"Webhook","title":"Ü <b>","position":{"x":1.5,"y":-2},"settings":{"z":1.50,"a":{"k":[null,true]}},"disabled":true,"timeout":2.5,"retries":0,"color":"red"}],"edges":[{"from":{"node":"a","port":"o"},"to":{"node":"b","port":"i"},"label":"x"}],"notes":[{"id":"n","text":"hi","position":{"x":0,"y":0},"width":10,"height":5,"color":"c"}],"viewport":{"x":0,"y":0,"zoom":1},"future":{"b":1,"a":2}}""";

    [Theory]
    [InlineData(Whole)]
    [InlineData("""{"schema":1,"nodes":[],"edges":[],"notes":[],"viewport":null}""")]
    public void A_document_round_trips_byte_for_byte(string json)
    {
        FlowJson.ToText(FlowJson.Parse(json)).ShouldBe(json);
        FlowJson.ToText(FlowJson.Parse(FlowJson.ToText(FlowJson.Parse(json), indented: true))).ShouldBe(json);
        FlowJson.Hash(FlowJson.Parse(json)).ShouldBe(FlowJson.Hash(FlowJson.Parse(Encoding.UTF8.GetBytes(json))));
    }

    [Theory]
    [InlineData("""{"schema":1}""", """{"schema":1,"nodes":[],"edges":[],"notes":[],"viewport":null}""")]
    [InlineData("""{"schema":1,"nodes":[{"id":"a","type":"Webhook"}],"notes":[{"id":"n"}]}""",
        """{"schema":1,"nodes":[{"id":"a","type":"Webhook","title":"","position":{"x":0,"y":0},"settings":{}}],"edges":[],"notes":[{"id":"n","text":"","position":{"x":0,"y":0}}],"viewport":null}""")]
    public void What_is_left_out_gets_its_default(string json, string whole) => FlowJson.ToText(FlowJson.Parse(json)).ShouldBe(whole);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"schema":2}""")]
    [InlineData("""{"schema":1,"nodes":null}""")]
    [InlineData("""{"schema":1,"nodes":[null]}""")]
    [InlineData("""{"schema":1,"nodes":[{"type":"x"}]}""")]
    [InlineData("""{"schema":1,"nodes":[{"id":null,"type":"x"}]}""")]
    [InlineData("""{"schema":1,"nodes":[{"id":"a","type":"x","settings":null}]}""")]
    [InlineData("""{"schema":1,"nodes":[{"id":"a","type":"x","title":null}]}""")]
    [InlineData("""{"schema":1,"edges":[{"from":{"node":"a"},"to":{"node":"b","port":"i"}}]}""")]
    [InlineData("""{"schema":1,"edges":[{"from":{"node":"a","port":null},"to":{"node":"b","port":"i"}}]}""")]
    [InlineData("""{"schema":1,"nodes":[{"id":"a","type":"x","position":{"x":1e400,"y":0}}]}""")]
    [InlineData("""{"schema":1,"nodes":[{"id":"a","type":"x","settings":{"k":1e400}}]}""")]
    [InlineData("""{"schema":1,"nodes":[{"id":"a","type":"x","settings":{"k":"\ud800"}}]}""")]
    [InlineData("""{"schema":1,"nodes":[{"id":"a","type":"x","settings":{"k\udc00":1}}]}""")]
    [InlineData("""{"schema":1,"nodes":[{"id":"a","type":"x","settings":{"k":1,"k":2}}]}""")]
    [InlineData("""{"schema":1,"nodes":[{"id":"a","type":"x","settings":{"k":{"j":1,"j":2}}}]}""")]
    [InlineData("""{"schema":1,"schema":1}""")]
    public void What_could_not_be_read_back_is_refused(string json) => Should.Throw<FlowFormatException>(() => FlowJson.Parse(json)).Message.ShouldNotBeEmpty();
}

public class JsonCheckTests
{
    [Theory]
    [InlineData("""{"a":[1,"x",null,{"b":1e308}]}""")]
    [InlineData("\"\\ud83d\\ude00\"")]
    [InlineData("\uFEFF{}")]
    [InlineData("-0.0")]
    [InlineData(" [ ] ")]
    public void What_can_be_read_back_is_taken(string json)
    {
        JsonCheck.TryParse(Encoding.UTF8.GetBytes(json), out var value, out var problem).ShouldBeTrue(problem);
        JsonText.Parse(JsonText.Utf8(value)).GetRawText().ShouldBe(value.GetRawText());
    }

    [Theory]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"\\ude00\\ud83d\"")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("1e400")]
    [InlineData("[-1e999]")]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"a":{"b":1,"b":2}}""")]
    [InlineData("""{"a":1,"\u0061":2}""")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("NaN")]
    public void What_could_not_is_refused_in_words(string json)
    {
        JsonCheck.TryParse(Encoding.UTF8.GetBytes(json), out _, out var problem).ShouldBeFalse();
        problem.ShouldNotBeEmpty();
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        JsonCheck.TryParse(new byte[] { (byte)'"', 0xC3, 0x28, (byte)'"' }, out _, out var problem).ShouldBeFalse();
        problem.ShouldBe("a text is not valid Unicode");
        JsonCheck.TryParse(new byte[] { (byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)':', (byte)'1', (byte)'}' }, out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void Depth_has_a_limit()
    {
        JsonCheck.TryParse(Nested(64), out _, out _).ShouldBeTrue();
        JsonCheck.TryParse(Nested(65), out _, out _).ShouldBeFalse();
        JsonCheck.TryParse(Nested(1_000_000), out _, out _).ShouldBeFalse();

        static byte[] Nested(int depth) => Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth));
    }
}
