using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Web.Api.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace FlowStudio.Web.Api.Native;

/// <summary>What an answer to a waiting run is.</summary>
/// <param name="Answer">What the question asks for: a text, one of its choices, {"approved","comment"} (or true or false), an object with a form's fields; of an interrupt anything, null too.</param>
/// <param name="QuestionId">Which question; may be left out while the run has one open question.</param>
/// <param name="AnsweredBy">Who answers, for people to read.</param>
sealed record AnswerInput(JsonElement Answer, Guid? QuestionId, string? AnsweredBy);

/// <summary><c>/v1/questions</c>: what runs ask, and <c>POST /v1/runs/{id}/answer</c>.</summary>
sealed class QuestionsApi(IQuestions questions, IRunStore runs, FlowFinder flows, QuestionLinkAddresses addresses)
{
    static readonly string[] AnswerFields = ["answer", "question_id", "answered_by"];

    public void Map(IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/questions").WithTags("Questions");
        group.MapGet("", ListAsync).WithSummary("List what runs wait for somebody to answer").WithDescription("Open questions, the newest first, page by page.").Errors(400, 404);
        group.MapGet("/{id}", GetAsync).WithSummary("Read a question, and how it was answered").Errors(404);
        api.MapPost("/runs/{id}/answer", AnswerAsync).WithTags("Questions").WithSummary("Answer a waiting run")
            .WithDescription("The answer is stored when this answers, and the run goes on with it. Of several answers the first counts: the others are told whose it was (409 already_answered). " +
                "A run with several open questions wants question_id (409 which_question, with the questions).").Errors(400, 404, 409, 413, 415, 422, 503);
    }

    async Task<Ok<ListOf<QuestionView>>> ListAsync(
        HttpRequest request,
        [Description("A flow's id or endpoint name"), Microsoft.AspNetCore.Mvc.FromQuery(Name = "flow_id")] string? flowId,
        [Description("The next_cursor of the page before")] string? cursor,
        [Description("1 to 200; default 50")] string? limit,
        CancellationToken cancellationToken)
    {
        var flow = await RunsQuery.FlowIdAsync(flowId, flows, cancellationToken);
        var page = await Paging.ReadAsync(questions.ListAsync(flow, string.IsNullOrEmpty(cursor) ? null : cursor, Paging.Limit(limit), cancellationToken));
        return TypedResults.Ok(new ListOf<QuestionView>([.. page.Items.Select(q => QuestionView.Of(q, addresses.Of(q.Id, request)))], page.NextCursor));
    }

    async Task<Ok<QuestionView>> GetAsync(HttpRequest request, string id, CancellationToken cancellationToken) =>
        Guid.TryParse(id, out var question) && await questions.FindAsync(question, cancellationToken) is { } state
            ? TypedResults.Ok(QuestionView.Of(state, addresses.Of(question, request)))
            : throw ApiException.NotFound("question_not_found", $"There is no question {id}.");

    async Task<Ok<RunView>> AnswerAsync(HttpRequest request, string id, JsonBody<AnswerInput> body, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(id, out var run))
            throw NoRun(id);
        var fields = new BodyFields(body.Required, "an answer", AnswerFields);
        var answer = fields.Json("answer");
        if (answer is null)
            fields.Add("'answer' is missing.");
        var named = fields.Text("question_id", maxLength: 100);
        Guid? question = null;
        if (Guid.TryParse(named, CultureInfo.InvariantCulture, out var given))
            question = given;
        else if (named is not null)
            fields.Add("'question_id' must be the id of a question.");
        var who = fields.Text("answered_by", Answerer.MaxWho);
        fields.Done();
        var outcome = await questions.AnswerAsync(run, question, answer ?? JsonText.Null, new Answerer(who ?? "", AnswerVia.Api), cancellationToken);
        if (outcome is not AnswerOutcome.Answered)
            throw await RefusalAsync(outcome, id, run, named, cancellationToken);
        var details = await runs.FindDetailsAsync(run, cancellationToken) ?? throw NoRun(id);
        return TypedResults.Ok(RunView.Of(details, whole: true, answerUrl: q => addresses.Of(q, request)));
    }

    async Task<ApiException> RefusalAsync(AnswerOutcome outcome, string id, Guid run, string? question, CancellationToken cancellationToken)
    {
        switch (outcome)
        {
            case AnswerOutcome.Invalid invalid:
                return new(StatusCodes.Status422UnprocessableEntity, "invalid_answer", invalid.Message);
            case AnswerOutcome.AlreadyAnswered before:
                var who = before.By.Who.Length > 0 ? before.By.Who : "Somebody";
                return new(StatusCodes.Status409Conflict, "already_answered",
                    string.Create(CultureInfo.InvariantCulture, $"{who} has answered {before.Question.NodeTitle} already, by {Answerer.NameOf(before.By.Via)} at {before.When.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}."))
                {
                    More = json =>
                    {
                        json.WriteString("question_id"u8, before.Question.Id);
                        json.WriteString("answered_by"u8, before.By.Who);
                        json.WriteString("answered_via"u8, Answerer.NameOf(before.By.Via));
                        json.WriteString("answered_at"u8, before.When.UtcDateTime);
                    },
                };
            case AnswerOutcome.NotWaiting not:
                return ApiException.Conflict("not_waiting", not.Why);
            case AnswerOutcome.Which which:
                return new(StatusCodes.Status409Conflict, "which_question", $"The run has {which.Open.Count} open questions: give the question_id of the one that is answered. They are listed in questions.")
                {
                    More = json => WriteOpen(json, which.Open),
                };
            default:
                return question is not null && await runs.FindAsync(run, cancellationToken) is not null
                    ? ApiException.NotFound("question_not_found", $"The run {id} has no question {question}.")
                    : NoRun(id);
        }
    }

    static void WriteOpen(Utf8JsonWriter json, IReadOnlyList<OpenQuestion> open)
    {
        json.WriteStartArray("questions"u8);
        foreach (var question in open)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, question.Id);
            json.WriteString("node_id"u8, question.NodeId);
            json.WriteString("node_title"u8, question.NodeTitle);
            json.WriteStartArray("iteration"u8);
            foreach (var index in question.Iteration)
                json.WriteNumberValue(index);
            json.WriteEndArray();
            json.WritePropertyName("question"u8);
            QuestionJson.Write(json, question.Question);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    static ApiException NoRun(string id) => ApiException.NotFound("run_not_found", $"There is no run {id}.");
}
