using System.Text;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Secrets;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Secrets;

public class SecretRedactorProperties
{
    // Few characters, many of them with a meaning somewhere: near misses and ambiguous beginnings are the rule.
    static readonly Gen<string> Noise = Gen.Elements([.. "ab\\%&+/\"u0041 \n;#é-_=", 'w', 'h', 't']).ListOf().Select(c => new string([.. c]));

    static readonly Gen<string> Secret =
        from core in Gen.Elements([.. "ab\\%&+/\"u041 é-_"]).ListOf(8)
        let text = $"k{new string([.. core])}z"
        select text;

    static readonly Gen<Case> Cases =
        from secrets in Secret.ListOf(2)
        from pieces in Piece(secrets).ListOf()
        from cuts in Gen.Choose(1, 7).ListOf()
        select new Case(secrets, string.Concat(pieces), cuts);

    static Gen<string> Piece(IList<string> secrets)
    {
        var forms = secrets.SelectMany(SecretRedactorTests.Forms).Where(f => f.Length > 0).ToArray();
        return Gen.Frequency((3, Noise), (2, Gen.Elements(forms)), (1, from f in Gen.Elements(forms) from n in Gen.Choose(0, f.Length) select f[..n]));
    }

    static Config Often => Config.QuickThrowOnFailure.WithMaxTest(2000);

    [Fact]
    public void However_a_text_is_cut_the_stream_gives_what_the_whole_gives() => Prop.ForAll(Cases.ToArbitrary(), c =>
    {
        var redactor = c.Redactor();
        var stream = redactor.Stream();
        var output = new StringBuilder();
        var at = 0;
        for (var i = 0; at < c.Text.Length; i++)
        {
            var length = c.Cuts.Count == 0 ? 1 : Math.Min(c.Cuts[i % c.Cuts.Count], c.Text.Length - at);
            output.Append(stream.Push(c.Text.Substring(at, length)));
            at += length;
        }
        output.Append(stream.Flush());
        output.ToString().ShouldBe(redactor.Redact(c.Text));
    }).Check(Often);

    [Fact]
    public void No_secret_is_left_in_a_text() => Prop.ForAll(Cases.ToArbitrary(), c =>
    {
        var redacted = c.Redactor().Redact(c.Text);
        foreach (var secret in c.Secrets)
            redacted.ShouldNotContain(secret);
    }).Check(Often);

    [Fact]
    public void No_secret_is_left_in_JSON_and_what_is_no_secret_stays() => Prop.ForAll(Cases.ToArbitrary(), c =>
    {
        var redactor = c.Redactor();
        var json = JsonSerializer.SerializeToUtf8Bytes(new object[] { c.Text, new Dictionary<string, object> { [c.Text] = 1.5 } });
        if (!redactor.TryRedactJson(json, out var redacted))
        {
            redactor.Redact(c.Text).ShouldBe(c.Text);
            return;
        }
        var value = JsonText.Parse(redacted.ShouldNotBeNull());
        if (value.ValueKind is JsonValueKind.String)
            return;
        value[0].GetString().ShouldBe(redactor.Redact(c.Text));
        var member = value[1].EnumerateObject().ShouldHaveSingleItem();
        member.Name.ShouldBe(redactor.Redact(c.Text));
        member.Value.GetRawText().ShouldBe("1.5");
    }).Check(Often);

    [Fact]
    public void Every_form_between_spaces_is_found() => Prop.ForAll(Secret.ToArbitrary(), secret =>
    {
        var redactor = VaultFixture.RedactorOf(("S", secret));
        foreach (var form in SecretRedactorTests.Forms(secret))
            redactor.Redact($"( {form} )").ShouldContain("***", customMessage: $"{secret} as {form}");
    }).Check(Often);

    [Fact]
    public void Redacting_twice_changes_nothing_more() => Prop.ForAll(Cases.ToArbitrary(), c =>
    {
        var redactor = c.Redactor();
        var once = redactor.Redact(c.Text);
        redactor.Redact(once).ShouldBe(once);
    }).Check(Often);

    sealed record Case(IList<string> Secrets, string Text, IList<int> Cuts)
    {
        public SecretRedactor Redactor() => VaultFixture.RedactorOf([.. Secrets.Select((s, i) => ($"S{i}", s))]);
    }
}
