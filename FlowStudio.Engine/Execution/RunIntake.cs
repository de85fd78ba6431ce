using System.Collections.Concurrent;
using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Queueing;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Engine.Execution;

/// <summary>The only door for runs: check, journal, enqueue, answer.</summary>
public sealed class RunIntake(EngineOptions options, IngressGate gate, FlowPlans plans, IRunQueue queue, RunJournal journal, RunEventHub hub, FreshRuns fresh, RunTelemetry telemetry, IFlowStore flows, RunVariables variables, SecretRedactor redactor, TimeProvider time) : IRunIntake
{
    /// <inheritdoc/>
    public async ValueTask<IntakeResult> StartAsync(RunRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (request.Parent is null && gate.WhyClosed(request.Trigger) is { } why)
            return new(IntakeOutcome.Paused) { Code = "paused", Message = why, RetryAfter = TimeSpan.FromSeconds(10) };
        var (flow, version, stored) = request.Flow;
        if (!flow.Enabled)
            return new(IntakeOutcome.FlowDisabled) { Code = "flow_disabled", Message = $"The flow {flow.Name} is switched off. Switch it on to run it." };
        var prepared = plans.Prepare(version);
        if (prepared.Plan is null)
        {
            return new(IntakeOutcome.FlowInvalid)
            {
                Code = "flow_invalid",
                Message = $"The flow {flow.Name} cannot run: {prepared.Problems.First(p => p.Severity is ProblemSeverity.Error).Message}",
                Problems = prepared.Problems,
            };
        }
        if (!queue.TryReserve())
            return new(IntakeOutcome.QueueFull) { Code = "queue_full", Message = $"{queue.Count:N0} runs wait already. Try again later.", RetryAfter = TimeSpan.FromSeconds(5) };
        return await AcceptAsync(request, version, stored);
    }

    // From here on the call is not canceled: a caller that hangs up meanwhile has a run all the same, and no place in the queue leaks.
    async ValueTask<IntakeResult> AcceptAsync(RunRequest request, FlowVersion version, bool stored)
    {
        var flow = request.Flow.Flow;
        var now = time.GetUtcNow();
        var id = Ids.New(time, now);
        OwnVariables? own;
        try
        {
            own = request.Variables.Count > 0 || request.Parent is not null ? await variables.KeepAsync(id, request) : null;
        }
        catch (StorageException e)
        {
            queue.Release();
            return Unavailable(e);
        }
        var secrets = own?.Redactor ?? redactor;
        var run = NewRun(request, version, id, now);
        var line = RunAcceptance.Event(request, run);
        // A caller may send what the vault holds. It is looked for once, in the bytes that are stored; only when it is there is more done.
        if (secrets.TryRedactJson(line, out _))
        {
            request = WithoutSecrets(request, secrets);
            run = NewRun(request, version, id, now);
            line = RunAcceptance.Event(request, run);
        }
        var kept = RunAcceptance.KeptEvents(request, run, redactor);
        var entry = new AcceptEntry
        {
            RunId = id,
            Run = run,
            Events = new EventChunk(id, 1, 1 + kept.Count, RunAcceptance.Lines(line, kept)),
            NewVersion = stored ? null : version,
            IdempotencyKey = request.IdempotencyKey,
            BodyHash = request.BodyHash,
            KeysSince = now - TimeSpan.FromHours(options.Intake.IdempotencyHours),
            ChildKey = request.Parent?.Key,
            Scheduled = request.Scheduled,
            Deliveries = Deliveries(request, now),
        };
        bool accepted;
        try
        {
            accepted = await journal.WriteAsync(entry);
        }
        catch (StorageException e)
        {
            queue.Release();
            await variables.ForgetAsync(id);
            return Unavailable(e);
        }
        if (!accepted)
        {
            queue.Release();
            await variables.ForgetAsync(id);
            return entry.SameBody
                ? new(IntakeOutcome.Repeated) { RunId = entry.ExistingRunId ?? id }
                : new(IntakeOutcome.KeyReused) { RunId = entry.ExistingRunId ?? id, Code = "idempotency_key_reused", Message = "This Idempotency-Key was used with another body within the last 24 hours. Use a new key for a new request." };
        }
        if (!stored)
            flows.MarkStored(flow.Id, version.Id);
        // What was kept is read from the database, like any run's past.
        if (kept.Count == 0)
            fresh.Keep(run, request.Input, request.Call, request.SessionId, request.Replay?.Origin, RunInterrupts.Of(request.InterruptBefore, request.InterruptAfter), line.Length);
        hub.Publish(flow.Id, new RunEvent(id, 1, RunEventTypes.RunAccepted, NodeId: null, line.AsMemory(0, line.Length - 1)));
        foreach (var step in kept)
            hub.Publish(flow.Id, step);
        telemetry.Accepted(RunNames.Of(request.Trigger));
        queue.Enqueue(new RunTicket(id, flow.Id, flow.Limits.MaxConcurrentRuns ?? 0), reserved: true);
        return new(IntakeOutcome.Accepted) { RunId = id };
    }

    /// <summary>A message for each who is to be told; a run that is a step of another one tells nobody of itself, as that one does.</summary>
    IReadOnlyList<ArmedDelivery> Deliveries(RunRequest request, DateTimeOffset now)
    {
        var own = request.Flow.Flow.CompletionWebhook;
        if ((own is null && request.Callbacks.Count == 0) || request.IsTrial || request.Parent is not null)
            return [];
        var targets = own is null ? request.Callbacks : [new CallbackTarget(own, CallbackSource.Flow), .. request.Callbacks];
        return [.. targets.DistinctBy(static t => (t.Url, t.Kind)).Select(t => new ArmedDelivery(Ids.New(time, now), t))];
    }

    static IntakeResult Unavailable(StorageException e) => new(IntakeOutcome.StorageUnavailable) { Code = e.Code, Message = e.Message, RetryAfter = TimeSpan.FromSeconds(5) };

    static Run NewRun(RunRequest request, FlowVersion version, Guid id, DateTimeOffset now) => new()
    {
        Id = id,
        RootRunId = request.Replay?.RootRunId ?? id,
        ReplayOf = request.Replay?.RunId,
        FlowId = request.Flow.Flow.Id,
        FlowVersionId = version.Id,
        FlowVersion = version.Number,
        Status = RunStatus.Queued,
        Trigger = request.Trigger,
        ThreadId = (request.Replay?.ThreadId ?? request.ThreadId) is { } thread ? thread : request.SessionId is { } session ? ThreadIds.Of(request.Flow.Flow.Id, session) : id,
        ParentRunId = request.Parent?.RunId,
        Depth = request.Parent?.Depth ?? 0,
        CreatedAt = now,
    };

    static RunRequest WithoutSecrets(RunRequest request, SecretRedactor redactor) => request with
    {
        Input = redactor.Redact(request.Input),
        SessionId = request.SessionId is { } session ? redactor.Redact(session) : null,
        Call = request.Call is { } call
            ? call with { Headers = WithoutSecrets(call.Headers, redactor), Query = WithoutSecrets(call.Query, redactor), Body = call.Body is { } body ? redactor.Redact(body) : null }
            : null,
    };

    static List<KeyValuePair<string, string>> WithoutSecrets(IReadOnlyList<KeyValuePair<string, string>> pairs, SecretRedactor redactor) =>
        [.. pairs.Select(p => KeyValuePair.Create(redactor.Redact(p.Key), redactor.Redact(p.Value)))];
}

/// <summary>A run that was accepted in this process and has not begun: what its worker needs, so that it need not ask the database.</summary>
public sealed record FreshRun(Run Run, JsonElement Input, CallDetails? Call, string? SessionId, RunTrigger? Origin, int Size)
{
    internal RunInterrupts? Interrupts { get; init; }
}

/// <summary>Fresh runs, as far as memory allows; the database has them all.</summary>
public sealed class FreshRuns
{
    const long Limit = 32 * 1024 * 1024;

    readonly ConcurrentDictionary<Guid, FreshRun> runs = new();
    long bytes;

    internal void Keep(Run run, JsonElement input, CallDetails? call, string? sessionId, RunTrigger? origin, RunInterrupts? interrupts, int size)
    {
        // Beyond the bytes of its input a run costs about a kilobyte of objects.
        size += 1024;
        if (Volatile.Read(ref bytes) + size > Limit)
            return;
        Interlocked.Add(ref bytes, size);
        runs[run.Id] = new FreshRun(run, input, call, sessionId, origin, size) { Interrupts = interrupts };
    }

    public FreshRun? Take(Guid id)
    {
        if (!runs.TryRemove(id, out var run))
            return null;
        Interlocked.Add(ref bytes, -run.Size);
        return run;
    }
}
