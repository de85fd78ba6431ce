using System.Text.Json;
using FlowStudio.Engine.Components;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Components;

public class CurlCommandTests
{
    [Theory]
    [InlineData("curl https://a.example/x", """{"url_input":"https://a.example/x"}""")]
    [InlineData("$ curl a.example", """{"url_input":"http://a.example"}""")]
    [InlineData("curl -sSL -o out.json 'https://a.example/x?a=1&b=2'", """{"url_input":"https://a.example/x?a=1&b=2","follow_redirects":true,"save_to_file":true}""")]
    [InlineData("curl https://a.example/x?a=1&b=2", """{"url_input":"https://a.example/x?a=1&b=2"}""")]
    [InlineData("curl -XDELETE --url https://a.example/x -m 5.5 --compressed --http2", """{"method":"DELETE","url_input":"https://a.example/x","timeout":5.5}""")]
    [InlineData("curl -I https://a.example", """{"method":"HEAD","url_input":"https://a.example"}""")]
    [InlineData("/usr/bin/curl https://a.example # why", """{"url_input":"https://a.example"}""")]
    public void Addresses_and_plain_options(string command, string settings) => Settings(command).ShouldBe(settings);

    [Theory]
    [InlineData("""curl -X POST u://x -H 'Content-Type: application/json' -d '{"a": 1.50}'""",
        """{"method":"POST","url_input":"u://x","body_type":"json","body":{"a": 1.50},"headers":[{"key":"Content-Type","value":"application/json"}]}""")]
    [InlineData("""curl u://x --json '{"a":' --json '1}'""",
        """{"method":"POST","url_input":"u://x","body_type":"json","body":{"a":1},"headers":[{"key":"Accept","value":"application/json"},{"key":"Content-Type","value":"application/json"}]}""")]
    [InlineData("""curl u://x -H 'content-type: application/json' -d '{"variable":"X"}'""",
        """{"method":"POST","url_input":"u://x","body_type":"text","body":"{\"variable\":\"X\"}","headers":[{"key":"content-type","value":"application/json"}]}""")]
    [InlineData("""curl u://x -d '{"a":1}'""",
        """{"method":"POST","url_input":"u://x","body_type":"text","body":"{\"a\":1}","headers":[{"key":"Content-Type","value":"application/x-www-form-urlencoded"}]}""")]
    [InlineData("curl u://x -H 'Content-Type: text/plain' --data-raw '@not a file'",
        """{"method":"POST","url_input":"u://x","body_type":"text","body":"@not a file","headers":[{"key":"Content-Type","value":"text/plain"}]}""")]
    [InlineData("curl u://x -d a=1 -d 'b=two+words' --data-urlencode 'c=ä & ö'",
        """{"method":"POST","url_input":"u://x","body_type":"form","form":[{"key":"a","value":"1"},{"key":"b","value":"two words"},{"key":"c","value":"ä & ö"}]}""")]
    [InlineData("curl -G u://x?z=0#f -d a=1 --data-urlencode 'q=ä'", """{"url_input":"u://x?z=0&a=1&q=%C3%A4"}""")]
    [InlineData("curl u://x -F name=Ada -F 'doc=@01938f5e-0000-7000-8000-000000000001;type=text/csv' --form-string 'at=@home'",
        """{"method":"POST","url_input":"u://x","body_type":"multipart","form":[{"key":"name","value":"Ada"},{"key":"doc","value":"@01938f5e-0000-7000-8000-000000000001"},{"key":"at","value":"@home"}]}""")]
    [InlineData("curl -X PUT u://x -H 'Content-Type: image/png' --data-binary @01938f5e-0000-7000-8000-000000000001",
        """{"method":"PUT","url_input":"u://x","body_type":"file","file":"01938f5e-0000-7000-8000-000000000001","headers":[{"key":"Content-Type","value":"image/png"}]}""")]
    public void Bodies(string command, string settings) => Settings(command).ShouldBe(settings);

    [Theory]
    [InlineData("curl u://x -H 'X-A:  1 ' -H 'X-Empty;' -H 'X-Gone:' -H 'Host: other' -H 'accept-encoding: gzip' -A me -e from -b 'a=1; b=2'",
        """[{"key":"X-A","value":"1"},{"key":"X-Empty","value":""},{"key":"User-Agent","value":"me"},{"key":"Referer","value":"from"},{"key":"Cookie","value":"a=1; b=2"}]""")]
    [InlineData("curl u://x -u user:pass", """[{"key":"Authorization","value":"Basic dXNlcjpwYXNz"}]""")]
    [InlineData("curl u://x -u sk_test:", """[{"key":"Authorization","value":"Basic c2tfdGVzdDo="}]""")]
    [InlineData("curl u://x -H \"Authorization: Bearer $API_KEY\"", """[{"key":"Authorization","value":{"variable":"API_KEY","format":"Bearer {value}"}}]""")]
    [InlineData("curl u://x -H X-Key:${API_KEY}", """[{"key":"X-Key","value":{"variable":"API_KEY"}}]""")]
    [InlineData("curl u://x -H 'X-Price: $5' -H \"X-Dollar: \\$NAME, 3$\"", """[{"key":"X-Price","value":"$5"},{"key":"X-Dollar","value":"$NAME, 3$"}]""")]
    public void Headers_and_variables(string command, string headers) => Parsed(command).GetProperty("headers").GetRawText().ShouldBe(headers);

    [Theory]
    [InlineData("curl u://x -d 'a'\\''b'", "a'b")]
    [InlineData("curl u://x -d \"say \\\"hi\\\" \\\\ \\n\"", "say \"hi\" \\ \\n")]
    [InlineData("curl u://x --data-raw $'line\\nit\\'s \\x41 \\u00e9 \\ud83d\\ude00 \\101'", "line\nit's A é 😀 A")]
    [InlineData("curl u://x \\\n  -d one\\ two", "one two")]
    [InlineData("curl u://x \\\r\n  -d 'two\r\nlines'", "two\nlines")]
    [InlineData("curl u://x -d 'single $NAME `x` \\'", "single $NAME `x` \\")]
    [InlineData("curl u://x -d pre'mid'\"post\"", "premidpost")]
    [InlineData("curl u://x -d ''", "")]
    [InlineData("curl.exe u://x `\r\n  -d two", "two")]
    // Windows: as Chrome copies it, with every quote after a caret, and as it is typed.
    [InlineData("curl ^\"u://x^\" ^\r\n  --data-raw ^\"^{^\\^\"a^\\^\":^\\^\"b ^& 100^%^\\^\"^}^\"", "{\"a\":\"b & 100%\"}")]
    [InlineData("curl \"u://x\" ^\n -d \"say \"\"hi\"\" C:\\\\dir\\\\\"", "say \"hi\" C:\\\\dir\\")]
    public void Quoting_is_the_shells(string command, string body)
    {
        var settings = Parsed(command);
        settings.GetProperty("url_input").GetString().ShouldBe("u://x");
        (settings.TryGetProperty("body", out var text) ? text.GetString() : "").ShouldBe(body);
    }

    [Theory]
    [InlineData("wget https://a.example", "must begin with curl")]
    [InlineData("", "must begin with curl")]
    [InlineData("curl", "no address")]
    [InlineData("curl u://a u://b", "two addresses")]
    [InlineData("curl -k u://x", "certificate")]
    [InlineData("curl --insecure u://x", "certificate")]
    [InlineData("curl -sk u://x", "certificate")]
    [InlineData("curl -x http://proxy:1 u://x", "proxy")]
    [InlineData("curl -T f u://x", "Upload it")]
    [InlineData("curl u://x -d @/etc/passwd", "Upload it")]
    [InlineData("curl u://x -F a=@/etc/passwd", "Upload it")]
    [InlineData("curl u://x -F 'a=</etc/passwd'", "Upload it")]
    [InlineData("curl u://x --data-urlencode a@/etc/passwd", "Write its content out")]
    [InlineData("curl u://x -b cookies.txt", "reads cookies from a file")]
    [InlineData("curl u://x -H @headers", "Write them out")]
    [InlineData("curl u://x -X", "has no value")]
    [InlineData("curl -X BREW u://x", "not among GET, POST")]
    [InlineData("curl u://x --frobnicate", "--frobnicate of curl is not known")]
    [InlineData("curl u://x --next u://y", "several calls")]
    [InlineData("curl u://x -d $(cat secret)", "run another command")]
    [InlineData("curl u://x -d \"`cat secret`\"", "run another command")]
    [InlineData("curl u://x -d ${A:-b}", "more than a name")]
    [InlineData("curl u://x -d 'open", "line 1 is never closed")]
    [InlineData("curl u://x \\\n -d \"open", "line 2 is never closed")]
    [InlineData("curl u://x -d $'\\U00200000'", "no character")]
    [InlineData("curl u://x -d a -F b=c", "Send one of them")]
    [InlineData("curl u://x -H \"X: $A$B\"", "two variables")]
    [InlineData("curl u://x -u \"me:$PASS\"", "Base64")]
    public void What_cannot_be_taken_over_is_told_with_its_reason(string command, string message) =>
        Should.Throw<CurlException>(() => CurlCommand.Parse(command).ToSettings()).Message.ShouldContain(message);

    [Fact]
    public void What_follows_and_what_lies_open_is_noted()
    {
        var parsed = CurlCommand.Parse("curl u://x -H 'Authorization: Bearer abc' | jq .");
        parsed.Notes.Count.ShouldBe(2);
        parsed.Notes.ShouldContain(n => n.Contains("| jq .", StringComparison.Ordinal));
        var note = parsed.Notes.Single(n => n.Contains("Authorization", StringComparison.Ordinal));
        note.ShouldContain("in the clear");
        note.ShouldNotContain("abc");
    }

    [Fact]
    public void Variables_are_put_in_when_their_values_are_known()
    {
        var parsed = CurlCommand.Parse("curl u://$HOST/x -u \"$USER:$PASS\" -d \"$HOST's\"", n => n.ToLowerInvariant());
        var settings = JsonSerializer.SerializeToElement(parsed.ToSettings());
        settings.GetProperty("url_input").GetString().ShouldBe("u://host/x");
        settings.GetProperty("headers")[0].GetProperty("value").GetString().ShouldBe("Basic " + Convert.ToBase64String("user:pass"u8));
        settings.GetProperty("body").GetString().ShouldBe("host's");
        Should.Throw<CurlException>(() => CurlCommand.Parse("curl u://$NO", _ => null)).Message.ShouldContain("variable NO, which is not set");
    }

    [Theory]
    [InlineData("curl u://$HOST -u $USER:$PASS -d \"$HOST $BODY\" -H '$NOT'", "HOST USER PASS BODY")]
    [InlineData("curl -k $HOST", "")]
    [InlineData("no curl $HOST", "")]
    public void The_variables_it_names_are_known(string command, string names) => string.Join(' ', CurlCommand.Variables(command)).ShouldBe(names);

    [Theory]
    [InlineData("curl https://a.example -d a=1 -H 'X: y'")]
    [InlineData("curl https://a.example --json '[1]'")]
    [InlineData("curl https://a.example -F a=b -o x")]
    public void What_comes_out_are_settings_that_the_component_takes(string command)
    {
        var node = new NodeTest("ApiRequest");
        foreach (var (name, value) in CurlCommand.Parse(command).ToSettings())
            node.Set(name, value);
        node.Problems().ShouldBeEmpty();
    }

    [Fact]
    public void Nothing_that_is_typed_makes_it_fail_otherwise()
    {
        // A fixed seed: the same commands each time.
        var random = new Random(20261121);
        string[] parts = ["curl", " ", "-H", "-d", "-F", "-u", "'", "\"", "\\", "$", "$'", "{", "}", "^", "\n", "=", "@", ":", "u://x", "--json", "a", "é", "%41", "\ud83d", ";", "&", "|", "-X", "#", "$A", "("];
        for (var i = 0; i < 20_000; i++)
        {
            var command = "curl " + string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));
            foreach (var lookup in (Func<string, string?>?[])[null, static n => n])
            {
                try
                {
                    CurlCommand.Parse(command, lookup).ToSettings().ContainsKey("url_input").ShouldBeTrue();
                }
                catch (CurlException e)
                {
                    e.Message.ShouldEndWith(".", customMessage: command);
                }
            }
        }
    }

    static JsonElement Parsed(string command) => JsonSerializer.SerializeToElement(CurlCommand.Parse(command).ToSettings());

    static string Settings(string command) => "{" + string.Join(',', CurlCommand.Parse(command).ToSettings().Select(s => $"\"{s.Key}\":{s.Value.GetRawText()}")) + "}";
}
