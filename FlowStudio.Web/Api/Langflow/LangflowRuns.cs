using System.Text.Json.Nodes;
using FlowStudio.Engine;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Web.Api.Langflow;

/// <summary>A run that was started for a caller of this dialect.</summary>
/// <param name="Session">The session it belongs to: the caller's, or a new one of its own.</param>
/// <param name="Document">What it runs.</param>
sealed record StartedRun(Guid Id, string Session, FlowDocument Document);

/// <summary>Starts runs as Langflow's callers ask for them, and says how they ended.</summary>
sealed class LangflowRuns(IFlowStore flows, IRunIntake intake, IRunStore runs, IRunControl control, Tweaks tweaks, CallVariables variables, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>How long a caller that waits is kept waiting; the run goes on.</summary>
    static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>The flow that a call names.</summary>
    /// <exception cref="FastApiException">There is none.</exception>
    public async ValueTask<RunnableFlow> ResolveAsync(string name, CancellationToken cancellationToken) =>
        FlowNames.IsIdentifier(name) && await flows.ResolveAsync(name, draft: false, cancellationToken) is { } flow ? flow
            : throw new FastApiException(StatusCodes.Status404NotFound, $"Flow identifier {name} not found");

    /// <exception cref="FastApiException">The wish does not fit the flow, or the run was not taken.</exception>
    public async Task<StartedRun> StartAsync(HttpContext context, RunnableFlow flow, RunWish wish, string? key = null, byte[]? bodyHash = null)
    {
        // A caller without a session gets one that it can go on with.
        var session = wish.Session ?? Ids.New(time).ToString();
        var document = tweaks.Apply(flow.Version.Document, wish);
        var given = variables.Read(context.Request, wish.Globals, document);
        var wanted = ReferenceEquals(document, flow.Version.Document) ? flow
            : flow with { Version = FlowVersion.SnapshotOf(flow.Flow.Id, document, time.GetUtcNow()), Stored = false };
        var result = await intake.StartAsync(
            new RunRequest
            {
                Flow = wanted,
                Trigger = RunTrigger.Api,
                Input = wish.InputFor(document),
                SessionId = session,
                IdempotencyKey = key,
                BodyHash = bodyHash,
                Variables = given,
            },
            context.RequestAborted);
        return result.Outcome switch
        {
            IntakeOutcome.Accepted => new(result.RunId, session, document),
            IntakeOutcome.Repeated => new(result.RunId, await SessionAsync(result.RunId, context.RequestAborted) ?? session, document),
            _ => throw FastApiException.Refused(result),
        };
    }

    /// <summary>Waits for a run's end, but not longer than the server runs.</summary>
    /// <returns>The run, ended or as it is when the wait is over; null when it was deleted.</returns>
    public async Task<RunDetails?> EndOfAsync(Guid run, TimeSpan? limit, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            await control.WaitForEndAsync(run, limit ?? LongestWait, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The server stops; the run goes on at the next start.
        }
        return await runs.FindDetailsAsync(run, cancellationToken);
    }

    /// <summary>The session of a run; null when it is gone.</summary>
    public async Task<string?> SessionAsync(Guid run, CancellationToken cancellationToken) =>
        await runs.FindAsync(run, cancellationToken) is not { } found ? null
            : (await runs.FindThreadAsync(found.ThreadId, cancellationToken))?.ExternalKey ?? found.ThreadId.ToString();

    /// <summary>Why a run gave nothing, in words.</summary>
    public static string Failure(Run run) => run.Error is { } error ? $"{error.Message} {error.Remedy}".TrimEnd()
        : run.Status is RunStatus.Canceled ? "The run was canceled." : "The run did not end.";

    /// <summary>Langflow's answer when a flow fails: a text that is JSON.</summary>
    public static FastApiException Failed(Run run)
    {
        if (!RunNames.IsFinal(run.Status))
            return new(StatusCodes.Status408RequestTimeout, $"The run {run.Id} has not ended yet; it goes on.");
        var detail = new JsonObject
        {
            ["message"] = $"Error running graph: {Failure(run)}",
            ["traceback"] = null,
            ["description"] = null,
            ["code"] = null,
            ["suggestion"] = null,
        };
        return new(StatusCodes.Status500InternalServerError, JsonValue.Create(Files.KeptFile.ToElement(detail).GetRawText()));
    }
}
