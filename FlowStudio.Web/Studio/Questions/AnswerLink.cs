using System.Globalization;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Questions;
using FlowStudio.Web.Security;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlowStudio.Web.Studio.Questions;

/// <summary>What the page of a question's link has to say.</summary>
public enum AnswerPageState
{
    /// <summary>The question, and what answers it.</summary>
    Asks,

    /// <summary>The answer was taken just now.</summary>
    Thanks,

    /// <summary>Somebody had answered before.</summary>
    Answered,

    /// <summary>Its time was over, or its run has ended.</summary>
    Over,

    /// <summary>There is no such question.</summary>
    Unknown,

    /// <summary>Too many addresses were tried that are none.</summary>
    TooMany,

    /// <summary>What was sent is no answer's form, or too large for one.</summary>
    Unreadable,
}

/// <summary>The page of a question's link, as it is to be drawn.</summary>
public sealed record AnswerPageModel(AnswerPageState State)
{
    public OpenQuestion? Asked { get; init; }

    /// <summary>What was typed, when it was refused.</summary>
    public AnswerDraft? Draft { get; init; }

    /// <summary>Who answers, as they call themselves.</summary>
    public string Name { get; init; } = "";

    /// <summary>The answer that was taken.</summary>
    public JsonElement? Answer { get; init; }

    /// <summary>When it was answered or over, by whom and how.</summary>
    public DateTimeOffset? At { get; init; }

    public Answerer? By { get; init; }
}

/// <summary>
/// A question's own page, for whoever has its link: no other proof is asked for, and nothing else of the run is to be seen. Plain HTML and a form: it works
/// without a script, and without a connection that stays open. Its address is the secret, so it is neither kept, indexed nor told to other servers.
/// </summary>
sealed class AnswerLink(IQuestions questions, QuestionLinks links, Origins origins, TimeProvider time)
{
    /// <summary>Bytes of a form: an answer is what a person types.</summary>
    const long MostBytes = 256 * 1024;

    const int MostName = 100;

    /// <summary>No script at all.</summary>
    const string Content = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

    readonly FailureLimit guesses = new(time);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var link = routes.ServiceProvider.GetRequiredService<AnswerLink>();
        routes.MapGet(QuestionLinks.Path + "{token}", link.ShowAsync).Access(AccessRule.Own).ExcludeFromDescription();
        routes.MapPost(QuestionLinks.Path + "{token}", link.AnswerAsync).Access(AccessRule.Own).ExcludeFromDescription();
    }

    async Task ShowAsync(HttpContext context)
    {
        if (await FindAsync(context) is not { } asked)
            return;
        await (asked.Status is QuestionStatus.Open
            ? WriteAsync(context, StatusCodes.Status200OK, new(AnswerPageState.Asks) { Asked = asked.Asked })
            : WriteAsync(context, StatusCodes.Status410Gone, Ended(asked)));
    }

    async Task AnswerAsync(HttpContext context)
    {
        // The address is a proof that no other site has; a browser that says where the form stood is believed all the same.
        if (!IsOwn(context.Request))
        {
            await WriteAsync(context, StatusCodes.Status403Forbidden, new(AnswerPageState.Unreadable));
            return;
        }
        if (await FindAsync(context) is not { } asked)
            return;
        if (asked.Status is not QuestionStatus.Open)
        {
            await WriteAsync(context, asked.Status is QuestionStatus.Answered ? StatusCodes.Status409Conflict : StatusCodes.Status410Gone, Ended(asked));
            return;
        }
        var open = asked.Asked;
        if (await ReadAsync(context) is not { } form)
            return;
        var name = Name(form[AnswerForm.Name].ToString());
        var (draft, approved) = AnswerForm.Read(open.Question, form);
        if (open.Question.Kind is QuestionKind.Approval && approved is null)
            draft.Refuse("Press Approve or Reject.");
        if (draft.IsWrong || draft.Take(approved is true) is not { } answer)
        {
            await WriteAsync(context, StatusCodes.Status422UnprocessableEntity, new(AnswerPageState.Asks) { Asked = open, Draft = draft, Name = name });
            return;
        }
        var by = new Answerer(name, AnswerVia.Link);
        var outcome = await questions.AnswerAsync(open.RunId, open.Id, answer, by, context.RequestAborted);
        switch (outcome)
        {
            case AnswerOutcome.Answered:
                await WriteAsync(context, StatusCodes.Status200OK, new(AnswerPageState.Thanks) { Asked = open, Answer = answer, At = time.GetUtcNow(), By = by });
                break;
            case AnswerOutcome.AlreadyAnswered other:
                await WriteAsync(context, StatusCodes.Status409Conflict, new(AnswerPageState.Answered) { At = other.When, By = other.By });
                break;
            case AnswerOutcome.Invalid wrong:
                draft.Refuse(wrong.Message);
                await WriteAsync(context, StatusCodes.Status422UnprocessableEntity, new(AnswerPageState.Asks) { Asked = open, Draft = draft, Name = name });
                break;
            case AnswerOutcome.NotWaiting:
                await WriteAsync(context, StatusCodes.Status410Gone, new(AnswerPageState.Over));
                break;
            default:
                await WriteAsync(context, StatusCodes.Status404NotFound, new(AnswerPageState.Unknown));
                break;
        }
    }

    static AnswerPageModel Ended(QuestionState asked) => new(asked.Status is QuestionStatus.Answered ? AnswerPageState.Answered : AnswerPageState.Over)
    {
        At = asked.ClosedAt,
        By = asked.By,
    };

    /// <summary>The question of the address; without one, the visitor has been told.</summary>
    async Task<QuestionState?> FindAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        if (guesses.Wait(address) is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            await WriteAsync(context, StatusCodes.Status429TooManyRequests, new(AnswerPageState.TooMany));
            return null;
        }
        if (links.Read(context.Request.RouteValues["token"] as string ?? "") is not { } id)
            guesses.Add(address);
        else if (await questions.FindAsync(id, context.RequestAborted) is { } found)
            return found;
        await WriteAsync(context, StatusCodes.Status404NotFound, new(AnswerPageState.Unknown));
        return null;
    }

    /// <summary>The form that was posted; without one, the visitor has been told.</summary>
    static async Task<IFormCollection?> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MostBytes;
        var status = StatusCodes.Status415UnsupportedMediaType;
        if (context.Request.HasFormContentType)
        {
            try
            {
                return await context.Request.ReadFormAsync(new FormOptions { BufferBodyLengthLimit = MostBytes, MultipartBodyLengthLimit = MostBytes }, context.RequestAborted);
            }
            catch (BadHttpRequestException e)
            {
                status = e.StatusCode;
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                status = StatusCodes.Status400BadRequest;
            }
        }
        await WriteAsync(context, status, new(AnswerPageState.Unreadable));
        return null;
    }

    bool IsOwn(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none" && (request.Headers.Origin.ToString() is "" or "null" || origins.IsOwn(request));

    /// <summary>One line, of letters one can see.</summary>
    static string Name(string said)
    {
        var name = new StringBuilder(said.Length);
        foreach (var rune in said.EnumerateRunes())
            name.Append(Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator ? " " : rune.ToString());
        var line = name.ToString().Trim();
        return line.Length > MostName ? line[..MostName].TrimEnd() : line;
    }

    static Task WriteAsync(HttpContext context, int status, AnswerPageModel model)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = Content;
        headers["Referrer-Policy"] = "no-referrer";
        headers["X-Robots-Tag"] = "noindex, nofollow";
        return new RazorComponentResult<AnswerPage>(new Dictionary<string, object?>(StringComparer.Ordinal) { [nameof(AnswerPage.Model)] = model }) { StatusCode = status }.ExecuteAsync(context);
    }
}
