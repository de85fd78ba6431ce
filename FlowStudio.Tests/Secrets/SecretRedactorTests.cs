using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Secrets;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Secrets;

public class SecretRedactorTests
{
    const string Plain = "sk-canary-51f0c2";
    const string Odd = "p\"a\\s/s wörd&<+>%41😀'x";
    const string Token = "wht_0123456789abcdefghijABCDEFGHIJ-_0123456789A";

    static readonly SecretRedactor Redactor = VaultFixture.RedactorOf(("KEY", Plain), ("ODD", Odd), ("SHORT", "abc12"));

    /// <summary>Every way in which a text may be written that this room promises to see through.</summary>
    public static IEnumerable<string> Forms(string secret)
    {
        var utf8 = Encoding.UTF8.GetBytes(secret);
        yield return secret;
        yield return JavaScriptEncoder.Default.Encode(secret);
        yield return JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(secret);
        yield return JavaScriptEncoder.Default.Encode(JavaScriptEncoder.Default.Encode(secret));
        yield return string.Concat(secret.Select(c => $"\\u{(int)c:x4}"));
        yield return string.Concat(secret.Select(c => $"\\u{(int)c:X4}"));
        yield return string.Concat(secret.EnumerateRunes().Select((r, i) =>
            i % 3 == 0 && r.IsBmp && r.Value != '\\' ? $"\\u{r.Value:x4}" : JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(r.ToString())));
        yield return secret.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("/", "\\/", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal);
        yield return Uri.EscapeDataString(secret);
        yield return WebUtility.UrlEncode(secret);
        yield return UrlEncoder.Default.Encode(secret);
        yield return string.Concat(utf8.Select(b => $"%{b:x2}"));
        yield return string.Concat(utf8.Select(b => $"%{b:X2}"));
        yield return Uri.EscapeDataString(Uri.EscapeDataString(secret));
        yield return WebUtility.HtmlEncode(secret);
        yield return HtmlEncoder.Default.Encode(secret);
        yield return WebUtility.HtmlEncode(WebUtility.HtmlEncode(secret));
        yield return JavaScriptEncoder.Default.Encode(WebUtility.HtmlEncode(secret));
        yield return JavaScriptEncoder.Default.Encode(WebUtility.UrlEncode(secret));
        yield return Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(new { secret }));
        yield return Convert.ToBase64String(Encoding.UTF8.GetBytes("?q=" + Uri.EscapeDataString(secret)));
        yield return Convert.ToBase64String(Encoding.UTF8.GetBytes("<p>" + WebUtility.HtmlEncode(secret)));
        foreach (var before in (string[])["", "a", "ab", "user:", "{\"key\":\""])
        {
            foreach (var after in (string[])["", "x", "yz", "\"}"])
            {
                var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(before + secret + after));
                yield return base64;
                yield return base64.Replace('+', '-').Replace('/', '_').TrimEnd('=');
                yield return Uri.EscapeDataString(base64);
                yield return JavaScriptEncoder.Default.Encode(base64);
            }
        }
        var line = new string('-', 60);
        yield return Convert.ToBase64String(Encoding.UTF8.GetBytes(line + secret + line), Base64FormattingOptions.InsertLineBreaks);
    }

    public static TheoryData<string> AllForms() =>
    [
        .. Forms(Plain).Concat(Forms(Odd)).Concat(Forms(Token).Where(f => !f.Contains('\n', StringComparison.Ordinal))).Distinct(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(AllForms))]
    public void Every_form_is_taken_out_of_a_text(string form)
    {
        var redacted = Redactor.Redact($"Upstream said: {form}.");
        redacted.ShouldStartWith("Upstream said: ");
        redacted.ShouldEndWith(".");
        redacted.ShouldMatch(@"\*\*\*(KEY|ODD|WEBHOOK_TOKEN)\*\*\*");
        // What base64 leaves of a neighbour: at most the characters shared with it.
        redacted.Length.ShouldBeLessThanOrEqualTo("Upstream said: .***WEBHOOK_TOKEN***".Length + Math.Max(0, form.Length - 20));
        redacted.ShouldNotContain(form);
    }

    [Theory]
    [MemberData(nameof(AllForms))]
    public void Every_form_is_taken_out_of_JSON_which_stays_JSON(string form)
    {
        foreach (var encoder in (JavaScriptEncoder[])[JavaScriptEncoder.Default, JavaScriptEncoder.UnsafeRelaxedJsonEscaping])
        {
            var tree = new Dictionary<string, object> { ["a\n"] = $"x {form} y", [form] = new object[] { 1, form, true }, ["z"] = "é\t" };
            var json = JsonSerializer.SerializeToUtf8Bytes(tree, new JsonSerializerOptions { Encoder = encoder });
            Redactor.TryRedactJson(json, out var redacted).ShouldBeTrue();
            var value = JsonText.Parse(redacted.ShouldNotBeNull());
            var members = value.EnumerateObject().ToList();
            members.Select(m => m.Name).ShouldBe(["a\n", members[1].Name, "z"]);
            members[1].Name.ShouldContain("***");
            members[0].Value.GetString().ShouldNotBeNull().ShouldStartWith("x ");
            members[0].Value.GetString().ShouldNotBeNull().ShouldEndWith(" y");
            members[0].Value.GetString().ShouldNotBeNull().ShouldContain("***");
            members[1].Value[1].GetString().ShouldNotBeNull().ShouldContain("***");
            members[1].Value[0].GetInt32().ShouldBe(1);
            members[2].Value.GetString().ShouldBe("é\t");
            Encoding.UTF8.GetString(redacted).ShouldNotContain(form);
        }
    }

    [Theory]
    [MemberData(nameof(AllForms))]
    public void Every_form_is_taken_out_of_a_stream_cut_anywhere(string form)
    {
        var text = $"begin {form} end";
        var whole = Redactor.Redact(text);
        for (var cut = 0; cut <= text.Length; cut++)
        {
            var stream = Redactor.Stream();
            (stream.Push(text[..cut]) + stream.Push(text[cut..]) + stream.Flush()).ShouldBe(whole);
        }
        var single = Redactor.Stream();
        var output = new StringBuilder();
        foreach (var c in text)
            output.Append(single.Push(c.ToString()));
        output.Append(single.Flush()).ToString().ShouldBe(whole);
    }

    [Theory]
    [InlineData(@"k\\\\\4az")]
    [InlineData(@"ends-in-many\\\\\\\\\")]
    public void A_secret_with_many_backslashes_is_found_however_deep_it_is_escaped(string secret)
    {
        var redactor = VaultFixture.RedactorOf(("S", secret));
        foreach (var form in Forms(secret))
            redactor.Redact($"( {form} )").ShouldContain("***", customMessage: form);
    }

    [Theory]
    [InlineData("a plain text, with 100 % of \\ & and \n nothing")]
    [InlineData("")]
    [InlineData("sk-canary-51f0c")]
    [InlineData("abc12 is too short to be looked for")]
    [InlineData("\\u00")]
    [InlineData("%4")]
    [InlineData("&#12")]
    public void A_text_without_a_secret_is_the_same_instance(string text)
    {
        Redactor.Redact(text).ShouldBeSameAs(text);
        var stream = Redactor.Stream();
        (stream.Push(text) + stream.Flush()).ShouldBe(text);
        Redactor.TryRedactJson(JsonSerializer.SerializeToUtf8Bytes(text), out var redacted).ShouldBeFalse();
        redacted.ShouldBeNull();
    }

    [Fact]
    public void A_stream_gives_out_at_once_what_cannot_be_a_secret()
    {
        var stream = Redactor.Stream();
        stream.Push("hello ").ShouldBe("hello ");
        stream.Push("world s").ShouldBe("world ");
        stream.Push("k-").ShouldBe("");
        stream.Push("it").ShouldBe("sk-it");
        stream.Push(Plain[..^1]).ShouldBe("");
        stream.Flush().ShouldBe(Plain[..^1]);
        stream.Flush().ShouldBe("");
    }

    [Theory]
    [InlineData("""{"a":1,  "b": [ 1.50 , "sk-canary-51f0c2" ] }""", """{"a":1,  "b": [ 1.50 , "***KEY***" ] }""")]
    [InlineData("""{"sk-canary-51f0c2":1}""", """{"***KEY***":1}""")]
    [InlineData("\"sk-canary-51f0c2\"", "\"***KEY***\"")]
    [InlineData("""["\u0073k-canary-51f0c2\n","\ud83d\ude00"]""", """["***KEY***\n","\ud83d\ude00"]""")]
    [InlineData("""["\ud800 sk-canary-51f0c2"]""", """["\ud800 ***KEY***"]""")]
    [InlineData("""{"in":"{\"key\":\"sk-canary-51f0c2\"}"}""", """{"in":"{\"key\":\"***KEY***\"}"}""")]
    [InlineData("""{"sk-canary-51f0c2":1,"\u0073k-canary-51f0c2":{"sk-canary-51f0c2":2}}""", """{"***KEY***":1,"***KEY*** 2":{"***KEY***":2}}""")]
    public void JSON_keeps_every_byte_that_is_not_a_secret(string json, string expected)
    {
        Redactor.TryRedactJson(Encoding.UTF8.GetBytes(json), out var redacted).ShouldBeTrue();
        Encoding.UTF8.GetString(redacted.ShouldNotBeNull()).ShouldBe(expected);
    }

    [Fact]
    public void A_secret_of_digits_is_found_in_numbers()
    {
        var redactor = VaultFixture.RedactorOf(("PIN", "90210042"));
        redactor.TryRedactJson("""{"pin":90210042,"other":-1902100427.5,"n":1}"""u8, out var redacted).ShouldBeTrue();
        Encoding.UTF8.GetString(redacted.ShouldNotBeNull()).ShouldBe("""{"pin":"***PIN***","other":"-1***PIN***7.5","n":1}""");
    }

    [Fact]
    public void A_secret_that_is_itself_JSON_hides_the_value_it_is_part_of()
    {
        const string secret = """{"type":"account","key":"abc"}""";
        var redactor = VaultFixture.RedactorOf(("ACCOUNT", secret));
        redactor.TryRedactJson(Encoding.UTF8.GetBytes($$"""{"echo":{{secret}}}"""), out var redacted).ShouldBeTrue();
        Encoding.UTF8.GetString(redacted.ShouldNotBeNull()).ShouldBe("\"***ACCOUNT***\"");
    }

    [Fact]
    public void A_key_of_many_lines_is_found_line_by_line_and_whole()
    {
        var redactor = VaultFixture.RedactorOf(("PEM", "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END KEY-----\n"));
        redactor.Redact("line 2: AQEFAASCBKcwggSjAgEAAoIB!").ShouldBe("line 2: ***PEM***!");
        redactor.Redact("""{"k":"-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END KEY-----\n"}""")
            .ShouldBe("""{"k":"***PEM***\n"}""");
    }

    [Fact]
    public void The_longest_of_two_secrets_is_named_and_overlapping_ones_leave_nothing()
    {
        var redactor = VaultFixture.RedactorOf(("A", "abcdefgh"), ("B", "abcdefghijkl"), ("C", "ijklmnop"));
        redactor.Redact("abcdefgh").ShouldBe("***A***");
        redactor.Redact("abcdefghij").ShouldBe("***A***ij");
        redactor.Redact("abcdefghijkl").ShouldBe("***B***");
        redactor.Redact("abcdefghijklmnop").ShouldBe("***B***");
    }

    [Fact]
    public void A_mark_shows_no_other_secret()
    {
        var redactor = VaultFixture.RedactorOf(("HUNTER22", "password1"), ("X", "HUNTER22"));
        redactor.Redact("password1 HUNTER22").ShouldBe("*** ***X***");
    }

    [Fact]
    public void A_webhook_token_needs_the_right_length()
    {
        Redactor.Redact($"?token={Token}&x=1").ShouldBe("?token=***WEBHOOK_TOKEN***&x=1");
        Redactor.Redact(Token[..^1]).ShouldBe(Token[..^1]);
        Redactor.Redact("wht_ is the prefix of tokens; what is that?").ShouldBe("wht_ is the prefix of tokens; what is that?");
        Redactor.Redact(Convert.ToBase64String("wht_ and then anything else that is longer than a token"u8)).ShouldNotContain("*");
    }

    [Fact]
    public void An_exception_says_all_but_the_secret()
    {
        var exception = new InvalidOperationException($"401 for {Plain}", new HttpRequestException($"Bearer {Plain} was refused", new IOException("401 for")));
        Redactor.RedactException(exception).ShouldBe("401 for ***KEY*** (Bearer ***KEY*** was refused)");
    }

    [Fact]
    public void Without_secrets_nothing_is_looked_at()
    {
        var redactor = new SecretRedactor();
        redactor.IsEmpty.ShouldBeTrue();
        redactor.TryRedactJson(Encoding.UTF8.GetBytes($"\"{Token}\""), out _).ShouldBeFalse();
        redactor.Redact(Token).ShouldBeSameAs(Token);
        redactor.Stream().Push(Token).ShouldBeSameAs(Token);
    }

    [Fact]
    public void Bytes_are_redacted_whether_or_not_they_are_text()
    {
        byte[] clean = [1, 2, 0xFF];
        Redactor.Redact(clean).ShouldBeSameAs(clean);
        Redactor.Redact(Encoding.UTF8.GetBytes($"ä {Odd}")).ShouldBe("ä ***ODD***"u8.ToArray());
        Redactor.Redact([0xFF, 0xE4, .. Encoding.UTF8.GetBytes(Plain), 0x80]).ShouldBe([0xFF, 0xE4, .. "***KEY***"u8, 0x80]);
    }

    [Theory]
    [InlineData("sk-canary-51f0c2")]
    [InlineData("c2stY2FuYXJ5LTUxZjBjMg==")]
    [InlineData("%73%6b%2dcanary-51f0c2")]
    [InlineData("\\u0073k-canary-51f0c2")]
    [InlineData("ab")]
    public void A_text_cut_short_has_no_beginning_of_a_secret(string form) =>
        Excerpt.Of(new string('.', 195) + form, 200, [Plain, "ab"]).ShouldStartWith(new string('.', 195) + Excerpt.Hidden);

    [Fact]
    public void An_element_without_secrets_is_itself()
    {
        var element = JsonText.Parse("""{"a":"b"}"""u8);
        Redactor.Redact(element).ShouldBe(element);
        Redactor.Redact(JsonText.Element($"Bearer {Plain}")).GetString().ShouldBe("Bearer ***KEY***");
        Redactor.Redact(default(JsonElement)).ValueKind.ShouldBe(JsonValueKind.Undefined);
    }

    [Theory]
    [InlineData("{\"a\":\"sk-canary-51f0c2")]
    [InlineData("sk-canary-51f0c2\\")]
    [InlineData("\"\\u00 sk-canary-51f0c2\\u")]
    [InlineData("}]}\"sk-canary-51f0c2\"]:")]
    public void What_is_no_JSON_is_redacted_all_the_same(string text)
    {
        Redactor.TryRedactJson(Encoding.UTF8.GetBytes(text), out var redacted).ShouldBeTrue();
        Encoding.UTF8.GetString(redacted.ShouldNotBeNull()).ShouldNotContain(Plain);
    }
}
