using System.Text.Json;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Questions;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Execution;

/// <summary>How a node came out: gave outputs, waits, or failed for good.</summary>
sealed record NodeOutcome(IReadOnlyList<PortValue> Outputs, NodeWait? Wait = null, DateTimeOffset WaitingSince = default, RunError? Error = null, NodeLoop? Loop = null, int Attempt = 0)
{
    /// <summary>See <see cref="NodeResume.Heard"/>.</summary>
    public int Heard { get; init; }

    /// <summary>The wait as the walk keeps it.</summary>
    public NodeResume? Waiting => Wait is null ? null : new NodeResume(WaitingSince, Wait.Until, Answer: null, Wait.RunId) { QuestionId = Wait.QuestionId, OfParts = Wait.OfParts, Heard = Heard };
}

/// <summary>Runs one node: time limit, repeats, cancellation, redaction, and the events that tell of it.</summary>
sealed partial class NodeInvoker(EngineOptions options, IVariables variables, SecretRedactor redactor, IRunStore store, ChildRuns children, TimeProvider time, RunTelemetry telemetry, ILogger<NodeInvoker> log)
{
    /// <summary>Completes synchronously when the node does, as pure ones do.</summary>
    /// <param name="attempts">Attempts that earlier lives of the run began.</param>
    /// <param name="cancellationToken">Cuts it; left out, only the run's own does. One that is given must end with the run's.</param>
    /// <exception cref="OperationCanceledException">The run must stop, or what the step is a part of.</exception>
    public async ValueTask<NodeOutcome> InvokeAsync(ActiveRun run, PlanNode node, IReadOnlyList<int> iteration, PortInputs inputs, NodeResume? resumed, int attempts,
        CancellationToken cancellationToken = default)
    {
        if (!cancellationToken.CanBeCanceled)
            cancellationToken = run.Token;
        var tally = attempts > 0 || resumed is not null ? run.TallyOf(node.Node.Id, iteration) : default;
        var first = Math.Max(attempts, tally.Attempts) + 1;
        if (resumed is not null)
            first = Math.Max(first - 1, 1);
        if (resumed?.RunId is { } child)
            run.Notice(child);
        if (resumed?.QuestionId is { } answered)
            run.Hear(answered);
        var heard = run.Answers;
        for (var attempt = first; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (resumed is null)
                run.Log.Add(RunEventTypes.NodeStarted, node.Node.Id, iteration, attempt);
            if (run.StoresNextStep())
                await run.SaveAsync();
            var started = time.GetTimestamp();
            var host = new NodeAttempt(run, this, variables, RedactorOf(run), store, children);
            var context = new NodeContext(node.Node, node.Descriptor, host) { Attempt = attempt, Iteration = iteration, Inputs = inputs, Resumed = resumed, ConnectedOutputs = node.ConnectedOutputs };
            NodeError error;
            try
            {
                var result = await ExecuteAsync(node, context, cancellationToken);
                host.EndStream(node.Node, iteration, attempt);
                if (result.Wait is { } wait)
                {
                    run.Keep(node.Node.Id, iteration, tally with { Attempts = attempt });
                    return Waits(run, node, iteration, attempt, wait) with { Heard = heard };
                }
                if (result.Loop is { } loop)
                    return new NodeOutcome([], Loop: loop, Attempt: attempt);
                return Finished(run, node, iteration, attempt, host, result, time.GetElapsedTime(started));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && !run.Token.IsCancellationRequested)
            {
                // Only what it is a part of is over: the run goes on, and this step must not seem to be at work for ever.
                host.EndStream(node.Node, iteration, attempt);
                return Failed(run, node, iteration, attempt, new NodeError("canceled", $"{node.Node.Label} was cut: the time limit of the step it is a part of was over."), time.GetElapsedTime(started));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (NodeException e)
            {
                error = e.Error;
            }
            // A component that breaks must not break the run's bookkeeping: whatever it throws is this node's failure.
            catch (Exception e)
            {
                ExecutionLog.ComponentBroke(log, node.Node.Type, node.Node.Id, run.Scope.RunId, RedactorOf(run).Redact(e.ToString()));
                error = new NodeError("internal", $"{node.Node.Label} broke: {e.GetType().Name}: {e.Message}", "This is a defect of the component. The server's log has the details.");
            }
            host.EndStream(node.Node, iteration, attempt);
            error = error with { Message = RedactorOf(run).Redact(error.Message), Remedy = RedactorOf(run).Redact(error.Remedy) };
            var policy = node.Node.Retries is { } own ? run.Retries with { Retries = own } : run.Retries;
            if (policy.DelayAfter(++tally.Failures, error, Random.Shared.NextDouble()) is not { } pause)
                return Failed(run, node, iteration, attempt, error, time.GetElapsedTime(started));
            Retrying(run, node, iteration, attempt, error, pause);
            await run.Slot.PauseAsync(pause, time, cancellationToken);
            resumed = null;
        }
    }

    /// <summary>Ends a pinned node's step at once, with what is pinned.</summary>
    public IReadOnlyList<PortValue> GivePinned(ActiveRun run, PlanNode node, IReadOnlyList<int> iteration)
    {
        // Whoever pinned it may have written into it what the vault holds.
        var outputs = WithoutSecrets(
            [.. (node.Node.Pinned ?? []).Where(p => node.Descriptor.Outputs.Concat(node.Descriptor.DynamicOutputs?.Invoke(node.Node) ?? []).Any(o => o.Name == p.Key && o.Type is not (PortType.Model or PortType.Tool))).Select(p => new PortValue(p.Key, p.Value))], RedactorOf(run), out _);
        run.Log.Add(RunEventTypes.NodeFinished, node.Node.Id, iteration, attempt: 1, outputs, static (json, gave) =>
        {
            WriteOutput(json, gave);
            json.WriteBoolean("pinned"u8, value: true);
        });
        return outputs;
    }

    /// <summary>Ends a loop's step: with the results of its iterations, or with the error of one.</summary>
    public NodeOutcome EndLoop(ActiveRun run, LoopWork loop, RunError? error)
    {
        var took = time.GetUtcNow() - loop.Since;
        var failed = error is null ? null : new NodeError(error.Code, error.Message, error.Remedy);
        try
        {
            if (failed is null)
                return Finished(run, loop.Node, loop.Frame.Path, loop.Attempt, new NodeAttempt(run, this, variables, RedactorOf(run), store, children), NodeResult.Of(loop.Done()), took);
        }
        catch (NodeException e)
        {
            failed = e.Error;
        }
        return Failed(run, loop.Node, loop.Frame.Path, loop.Attempt, failed, took);
    }

    /// <summary>A warning of a loop's step in the run's log.</summary>
    public void Warn(ActiveRun run, LoopWork loop, string text) =>
        new NodeAttempt(run, this, variables, RedactorOf(run), store, children).Log(loop.Node.Node, loop.Frame.Path, loop.Attempt, LogLevelName.Warning, text);

    /// <summary>Looks for the vault's secrets, and for those that the run was given.</summary>
    SecretRedactor RedactorOf(ActiveRun run) => run.Variables?.Redactor ?? redactor;

    async ValueTask<NodeResult> ExecuteAsync(PlanNode node, NodeContext context, CancellationToken cancellationToken)
    {
        var limit = node.Node.Timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : node.Descriptor.Timeout;
        if (limit is null)
            return await node.Executor.ExecuteAsync(context, cancellationToken);
        using var source = new CancellationTokenSource(limit.Value, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, source.Token);
        try
        {
            return await node.Executor.ExecuteAsync(context, linked.Token);
        }
        catch (OperationCanceledException) when (source.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new NodeException("timeout", $"{node.Node.Label} gave no result within {Words.Of(limit.Value)}.", "Raise the node's time limit, or see why the other side is slow.", retryable: true);
        }
    }

    NodeOutcome Finished(ActiveRun run, PlanNode node, IReadOnlyList<int> iteration, int attempt, NodeAttempt host, NodeResult result, TimeSpan took)
    {
        var outputs = Checked(node, result.Outputs, RedactorOf(run));
        var used = host.Used;
        var messages = host.Messages;
        if (messages.Count > 0)
            messages = [.. messages.Select(m => Redacted(m, RedactorOf(run)))];
        // Before the step's end, so that a crash between the two never lets it answer twice.
        if (host.Response is { } response && !run.Respond(node.Node.Id, iteration, attempt, Redacted(response, RedactorOf(run))))
            host.Log(node.Node, iteration, attempt, LogLevelName.Warning, $"{node.Node.Label}: the run has given its answer before, and only the first one counts. This one is shown here only.");
        run.Finish(
            () => run.Log.Add(RunEventTypes.NodeFinished, node.Node.Id, iteration, attempt, (outputs, took, used), static (json, r) =>
            {
                WriteOutput(json, r.outputs);
                json.WriteNumber("duration_ms"u8, Math.Round(r.took.TotalMilliseconds, 3));
                if (r.used != default)
                {
                    json.WriteStartObject("tokens"u8);
                    json.WriteNumber("input"u8, r.used.Input);
                    json.WriteNumber("output"u8, r.used.Output);
                    json.WriteEndObject();
                }
            }),
            messages, used);
        telemetry.NodeEnded(node.Node.Type, "succeeded", took);
        return new NodeOutcome(outputs) { Attempt = attempt };
    }

    /// <summary>The outputs without secrets and within the limit: what goes downstream is what is stored, so that a resumed run sees the same.</summary>
    IReadOnlyList<PortValue> Checked(PlanNode node, IReadOnlyList<PortValue> outputs, SecretRedactor redactor)
    {
        var checkedOutputs = WithoutSecrets(outputs, redactor, out var size);
        if (size > options.Runner.MaxOutputBytes)
        {
            throw new NodeException("output_too_large", $"{node.Node.Label} gave {size:N0} bytes; a node may give {options.Runner.MaxOutputBytes:N0}.",
                "Take less from the other side, or raise FlowStudio:Runner:MaxOutputBytes.");
        }
        return checkedOutputs;
    }

    static IReadOnlyList<PortValue> WithoutSecrets(IReadOnlyList<PortValue> outputs, SecretRedactor redactor, out long size)
    {
        PortValue[]? changed = null;
        size = 0;
        for (var i = 0; i < outputs.Count; i++)
        {
            var json = JsonText.Utf8(outputs[i].Value);
            size += json.Length;
            if (!redactor.TryRedactJson(json, out var redacted) || redacted is null)
                continue;
            changed ??= [.. outputs];
            changed[i] = new(outputs[i].Port, JsonText.Parse(redacted));
        }
        return changed ?? outputs;
    }

    static ThreadMessage Redacted(ThreadMessage message, SecretRedactor redactor) => redactor.TryRedactJson(JsonText.Utf8(message.Json), out var json) && json is not null
        ? message with { Text = redactor.Redact(message.Text), Json = JsonText.Parse(json) }
        : message;

    static RunResponse Redacted(RunResponse response, SecretRedactor redactor) => response with
    {
        Body = redactor.Redact(response.Body),
        Headers = [.. response.Headers.Select(h => KeyValuePair.Create(h.Key, redactor.Redact(h.Value)))],
    };

    NodeOutcome Waits(ActiveRun run, PlanNode node, IReadOnlyList<int> iteration, int attempt, NodeWait wait)
    {
        if (wait.Question is { } asked)
            wait = wait with { Question = RedactorOf(run).Redact(asked), QuestionId = Ids.New(time) };
        var since = wait is { Question: { } question, QuestionId: { } id }
            ? run.AskWith(id, node.Node.Id, TitleOf(node), iteration, attempt, Question.Read(question), wait.Until, Tell)
            : Tell();
        if (wait.RunId is { } awaited)
            run.Await(awaited);
        return new NodeOutcome([], wait, since) { Attempt = attempt };

        DateTimeOffset Tell() => run.Log.Add(RunEventTypes.NodeWaiting, node.Node.Id, iteration, attempt, wait, WriteWait);
    }

    /// <summary>What people call the node.</summary>
    static string TitleOf(PlanNode node) => node.Node.Title.Length > 0 ? node.Node.Title : node.Descriptor.Title;

    /// <summary>Has the run stop at a node until somebody lets it go on.</summary>
    public NodeResume Stop(ActiveRun run, PlanNode node, IReadOnlyList<int> iteration, int attempt, InterruptWhen when)
    {
        var question = Question.Interrupt(when);
        var id = Ids.New(time);
        var wait = new NodeWait(Until: null, question.ToJson()) { QuestionId = id };
        var since = run.AskWith(id, node.Node.Id, TitleOf(node), iteration, attempt, question, until: null,
            () => run.Log.Add(RunEventTypes.NodeWaiting, node.Node.Id, iteration, attempt, wait, WriteWait));
        return new NodeResume(since, Until: null, Answer: null) { QuestionId = id, Stop = when };
    }

    static void WriteWait(Utf8JsonWriter json, NodeWait wait)
    {
        if (wait.Until is { } until)
            json.WriteString("until"u8, until.UtcDateTime);
        if (wait.QuestionId is { } id)
            json.WriteString("question_id"u8, id);
        if (wait.Question is { } question)
            json.WriteRaw("question"u8, question);
        if (wait.RunId is { } child)
            json.WriteString("run_id"u8, child);
        if (wait.OfParts)
            json.WriteBoolean("parts"u8, value: true);
    }

    NodeOutcome Failed(ActiveRun run, PlanNode node, IReadOnlyList<int> iteration, int attempt, NodeError error, TimeSpan took)
    {
        run.Log.Add(RunEventTypes.NodeFailed, node.Node.Id, iteration, attempt, (error, took), static (json, f) =>
        {
            WriteError(json, f.error);
            json.WriteNumber("duration_ms"u8, Math.Round(f.took.TotalMilliseconds, 3));
        });
        telemetry.NodeEnded(node.Node.Type, "failed", took);
        return new NodeOutcome([], Error: new RunError(error.Code, error.Message, node.Node.Id, error.Remedy)) { Attempt = attempt };
    }

    static void Retrying(ActiveRun run, PlanNode node, IReadOnlyList<int> iteration, int attempt, NodeError error, TimeSpan pause) =>
        run.Log.Add(RunEventTypes.NodeRetrying, node.Node.Id, iteration, attempt, (error, pause), static (json, r) =>
        {
            json.WriteNumber("after_ms"u8, Math.Round(r.pause.TotalMilliseconds));
            WriteError(json, r.error);
        });

    static void WriteOutput(Utf8JsonWriter json, IReadOnlyList<PortValue> outputs)
    {
        json.WriteStartObject("output"u8);
        foreach (var output in outputs)
        {
            json.WritePropertyName(output.Port);
            json.WriteRawValue(JsonText.Utf8(output.Value), skipInputValidation: true);
        }
        json.WriteEndObject();
    }

    static void WriteError(Utf8JsonWriter json, NodeError error)
    {
        json.WriteStartObject("error"u8);
        json.WriteString("code"u8, error.Code);
        json.WriteString("message"u8, error.Message);
        if (error.Remedy.Length > 0)
            json.WriteString("remedy"u8, error.Remedy);
        json.WriteEndObject();
    }
}
