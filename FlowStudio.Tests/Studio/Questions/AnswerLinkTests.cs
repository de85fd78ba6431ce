using System.Net;
using System.Text.RegularExpressions;
using FlowStudio.Engine.Questions;
using FlowStudio.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace FlowStudio.Tests.Studio.Questions;

/// <summary>A server that asks for the token and for keys, with questions that the tests ask.</summary>
public sealed class AnswerHost : IAsyncLifetime
{
    readonly string folder = ServerProcess.NewDirectory();
    WebApplication? app;

    public HttpClient Client { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    internal FakeQuestions Questions { get; } = new();

    public QuestionLinks Links => app.ShouldNotBeNull().Services.GetRequiredService<QuestionLinks>();

    public async ValueTask InitializeAsync()
    {
        app = StudioApplication.Build(
            [
                "--applicationName", "FlowStudio.Web", "--urls", "http://127.0.0.1:0", "--FlowStudio:DataDirectory", folder, "--FlowStudio:Access:RequireApiKey", "true",
                "--FlowStudio:Access:AllowNonLoopback", "true", "--FlowStudio:Access:Token", "a-token-that-is-long-enough-for-anyone-to-be-happy",
            ],
            builder => builder.Services.AddSingleton<IQuestions>(Questions));
        await app.StartAsync();
        Client.BaseAddress = new Uri(app.Urls.First());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}

public class AnswerLinkTests(AnswerHost host) : IClassFixture<AnswerHost>
{
    static Question Text(string text = "Where **to**?") => new() { Kind = QuestionKind.Text, Text = text };

    async Task<(HttpResponseMessage Answer, string Html)> OpenAsync(string path)
    {
        var answer = await host.Client.GetAsync(path);
        return (answer, WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()));
    }

    async Task<(HttpStatusCode Status, string Html)> PostAsync(string path, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        using var answer = await host.Client.PostAsync(path, form);
        return (answer.StatusCode, WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Whoever_has_the_link_sees_the_question_and_nothing_else_without_a_script()
    {
        var asked = host.Questions.Ask(Text());
        var (answer, html) = await OpenAsync(host.Links.Make(asked));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        html.ShouldContain("Where <strong>to</strong>?");
        html.ShouldContain("<textarea");
        html.ShouldNotContain("<script");
        html.ShouldNotContain(asked.RunId.ToString());
        html.ShouldNotContain(asked.FlowId.ToString());
        html.ShouldNotContain(asked.NodeTitle);
        Regex.Matches(html, "\\son[a-z]+=\"").ShouldBeEmpty();
        answer.Headers.CacheControl.ShouldNotBeNull().NoStore.ShouldBeTrue();
        answer.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        answer.Headers.GetValues("X-Robots-Tag").ShouldBe(["noindex, nofollow"]);
        answer.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem().ShouldNotContain("script-src");
        foreach (var asset in Regex.Matches(html, "<link [^>]*href=\"([^\"]+)\"").Select(m => m.Groups[1].Value))
        {
            using var got = await host.Client.GetAsync($"/{asset}");
            got.StatusCode.ShouldBe(HttpStatusCode.OK, asset);
        }
    }

    [Fact]
    public async Task It_works_once_and_then_says_who_answered_and_when()
    {
        var asked = host.Questions.Ask(Text());
        var link = host.Links.Make(asked);
        var (status, html) = await PostAsync(link, ("text", "Main street\r\n1"), ("by", "  Ada\nLovelace "));
        status.ShouldBe(HttpStatusCode.OK);
        html.ShouldContain("Thank you");
        html.ShouldContain("Main street\n1");
        host.Questions.Answers.Single(a => a.Question == asked.Id).ShouldBe((asked.Id, "\"Main street\\n1\"", new Answerer("Ada Lovelace", AnswerVia.Link)));

        var (again, told) = await PostAsync(link, ("text", "Elsewhere"));
        again.ShouldBe(HttpStatusCode.Conflict);
        told.ShouldContain("It was answered by Ada Lovelace on ");
        told.ShouldNotContain("Main street");
        var (seen, _) = await OpenAsync(link);
        seen.StatusCode.ShouldBe(HttpStatusCode.Gone);
        host.Questions.Answers.Count(a => a.Question == asked.Id).ShouldBe(1);
    }

    [Fact]
    public async Task What_is_over_says_so()
    {
        var asked = host.Questions.Ask(Text());
        host.Questions.End(asked, asked.AskedAt.AddHours(1));
        var (answer, html) = await OpenAsync(host.Links.Make(asked));
        answer.StatusCode.ShouldBe(HttpStatusCode.Gone);
        html.ShouldContain("This question is over");
        (await PostAsync(host.Links.Make(asked), ("text", "late"))).Status.ShouldBe(HttpStatusCode.Gone);
    }

    [Theory]
    [InlineData("/answer/x")]
    [InlineData("/answer/%20")]
    [InlineData("/answer/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task An_address_that_is_no_question_s_is_not_found(string path)
    {
        var (answer, html) = await OpenAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        html.ShouldContain("There is no such question");
        (await PostAsync(path, ("text", "x"))).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_is_wrong_is_said_at_its_control_and_what_was_typed_stays()
    {
        var asked = host.Questions.Ask(new()
        {
            Kind = QuestionKind.Form,
            Text = "Refund",
            Fields =
            [
                new() { Name = "a b", Label = "Amount", Kind = QuestionFieldKind.Number, Required = true }, new() { Name = "why", Label = "Why", Kind = QuestionFieldKind.LongText },
                new() { Name = "now", Label = "At once", Kind = QuestionFieldKind.Boolean }, new() { Name = "size", Label = "Size", Kind = QuestionFieldKind.Choice, Choices = ["S", "M"] },
            ],
        });
        var (status, html) = await PostAsync(host.Links.Make(asked), ("field-0", "a lot"), ("field-1", "<b>because</b>"), ("field-2", "true"), ("field-3", "M"), ("by", "Ada"));
        status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        html.ShouldContain("“a lot” is no number.");
        html.ShouldContain("value=\"a lot\"");
        html.ShouldContain("value=\"Ada\"");
        html.ShouldContain("><b>because</b></textarea>");
        Regex.IsMatch(html, "<input[^>]*type=\"checkbox\"[^>]*checked").ShouldBeTrue();
        Regex.IsMatch(html, "<option[^>]*value=\"M\"[^>]*selected").ShouldBeTrue();
        (await PostAsync(host.Links.Make(asked), ("field-0", "12,5"), ("field-2", "true"))).Status.ShouldBe(HttpStatusCode.OK);
        host.Questions.Answers.Single(a => a.Question == asked.Id).Answer.ShouldBe("""{"a b":12.5,"now":true}""");
    }

    [Fact]
    public async Task A_yes_or_no_is_what_was_pressed()
    {
        var asked = host.Questions.Ask(new() { Kind = QuestionKind.Approval, Text = "Pay?" });
        (await PostAsync(host.Links.Make(asked), ("comment", "hm"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await PostAsync(host.Links.Make(asked), ("comment", "too dear"), ("approved", "false"))).Status.ShouldBe(HttpStatusCode.OK);
        host.Questions.Answers.Single(a => a.Question == asked.Id).Answer.ShouldBe("""{"approved":false,"comment":"too dear"}""");
    }

    [Fact]
    public async Task A_choice_that_is_none_is_refused()
    {
        var asked = host.Questions.Ask(new() { Kind = QuestionKind.Choice, Text = "Size?", Choices = ["Small", "Large"] });
        (await PostAsync(host.Links.Make(asked), ("choice", "Huge"))).Status.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await PostAsync(host.Links.Make(asked), ("choice", "Large"))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Only_its_own_form_is_taken_and_none_that_is_too_large()
    {
        var asked = host.Questions.Ask(Text());
        var link = host.Links.Make(asked);
        using (var json = await host.Client.PostAsync(link, new StringContent("""{"text":"x"}""", System.Text.Encoding.UTF8, "application/json")))
            json.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await PostAsync(link, ("text", new string('x', 300_000)))).Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        foreach (var (name, value) in new[] { ("Sec-Fetch-Site", "cross-site"), ("Origin", "https://elsewhere.example.test") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, link) { Content = new FormUrlEncodedContent([KeyValuePair.Create("text", "x")]) };
            request.Headers.Add(name, value);
            using var refused = await host.Client.SendAsync(request);
            refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden, name);
        }
        host.Questions.Answers.ShouldNotContain(a => a.Question == asked.Id);
        using var own = new HttpRequestMessage(HttpMethod.Post, link) { Content = new FormUrlEncodedContent([KeyValuePair.Create("text", "x")]) };
        own.Headers.Add("Sec-Fetch-Site", "same-origin");
        own.Headers.Add("Origin", "null");
        using var taken = await host.Client.SendAsync(own);
        taken.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}

/// <summary>A host of its own: who guesses is made to wait.</summary>
public class AnswerGuessTests(AnswerHost host) : IClassFixture<AnswerHost>
{
    [Fact]
    public async Task Who_tries_many_addresses_waits()
    {
        for (var i = 0; i < 10; i++)
        {
            using var wrong = await host.Client.GetAsync($"/answer/{i}");
            wrong.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
        using var refused = await host.Client.GetAsync("/answer/x");
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter.ShouldNotBeNull();
    }
}
