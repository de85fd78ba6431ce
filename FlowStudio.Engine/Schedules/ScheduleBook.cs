using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Journal;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Schedules;

/// <summary>Keeps schedules and starts and stops what fires them.</summary>
sealed class ScheduleBook : ISchedules
{
    /// <summary>Longer names are not read in any list.</summary>
    public const int MaxName = 200;

    /// <summary>Of the input's JSON, in bytes. It is stored with every run.</summary>
    public const int MaxInput = 1024 * 1024;

    /// <summary>Of all flows together: each has an alarm, and a start looks at all of them.</summary>
    public const int MaxSchedules = 100_000;

    static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    readonly IScheduleRows rows;
    readonly ScheduleRunner runner;
    readonly IAlarms alarms;
    readonly IFlowStore flows;
    readonly IngressGate gate;
    readonly SecretRedactor redactor;
    readonly EngineOptions options;
    readonly TimeProvider time;
    readonly ILogger<ScheduleBook> log;
    readonly CancellationTokenSource stopping = new();
    readonly Lock mendGate = new();
    Task mending = Task.CompletedTask;
    Task starting = Task.CompletedTask;

    public ScheduleBook(IScheduleRows rows, ScheduleRunner runner, IAlarms alarms, IFlowStore flows, IngressGate gate, SecretRedactor redactor, EngineOptions options, TimeProvider time, ILogger<ScheduleBook> log)
    {
        this.rows = rows;
        this.runner = runner;
        this.alarms = alarms;
        this.flows = flows;
        this.gate = gate;
        this.redactor = redactor;
        this.options = options;
        this.time = time;
        this.log = log;
        runner.Fired += change => Changed?.Invoke(change);
    }

    public event Action<ScheduleChange>? Changed;

    /// <summary>Starts firing; what was missed is handled at once. Nobody waits for it: runs can be taken before.</summary>
    public void Start()
    {
        if (options.Schedules.Paused)
        {
            gate.Close(RunTrigger.Schedule, "Schedules are paused (FlowStudio:Schedules:Paused). Restart the server without that setting to go on.");
            ScheduleLog.Paused(log);
            return;
        }
        flows.Changed += OnFlowChanged;
        starting = StartAsync();
    }

    public async Task StopAsync()
    {
        flows.Changed -= OnFlowChanged;
        await stopping.CancelAsync();
        await starting;
        await runner.StopAsync();
        await alarms.StopAsync();
        await mending;
    }

    async Task StartAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await rows.SweepAsync(stopping.Token);
                await alarms.StartAsync(await rows.DueTimesAsync(stopping.Token), runner.RingAsync, stopping.Token);
                foreach (var id in await rows.WithWaitingAsync(stopping.Token))
                    runner.DrainWaiting(id);
                return;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                ScheduleLog.StartFailed(log, e.Message, Again.TotalSeconds, e);
                await Task.Delay(Again, time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    public Task<SchedulePage> ListAsync(Guid? flowId, string? cursor, int limit, CancellationToken cancellationToken) => rows.ListAsync(flowId, cursor, limit, cancellationToken);

    public Task<int> CountAsync(Guid? flowId, CancellationToken cancellationToken) => rows.CountAsync(flowId, cancellationToken);

    public Task<ScheduleInfo?> FindAsync(Guid id, CancellationToken cancellationToken) => rows.FindAsync(id, cancellationToken);

    public Task<IReadOnlyDictionary<Guid, DateTimeOffset>> NextFiresAsync(IReadOnlyCollection<Guid> flowIds, CancellationToken cancellationToken) => rows.NextFiresAsync(flowIds, cancellationToken);

    public Task<FirePage> FiresAsync(Guid id, string? cursor, int limit, CancellationToken cancellationToken) => rows.FiresAsync(id, cursor, limit, cancellationToken);

    public async Task<Schedule> CreateAsync(Schedule schedule, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var stored = await CheckedAsync(schedule, now, cancellationToken) with
        {
            Id = schedule.Id == Guid.Empty ? Ids.New(time, now) : schedule.Id,
            CreatedAt = schedule.CreatedAt == default ? now : schedule.CreatedAt,
        };
        if (await rows.CountAsync(flowId: null, cancellationToken) >= MaxSchedules)
            throw new ScheduleException("too_many_schedules", "flow_id", FormattableString.Invariant($"There are {MaxSchedules:N0} schedules, which is the most. Delete some first."));
        await starting;
        await runner.InTurnAsync(
            stored.Id,
            async () =>
            {
                if (!await rows.AddAsync(stored, cancellationToken))
                    throw new ScheduleException("flow_not_found", "flow_id", "There is no such flow.");
                await runner.SetAlarmAsync(stored.Id, stored.NextAt);
                return true;
            },
            cancellationToken);
        Changed?.Invoke(new(stored.Id, stored.FlowId));
        return stored;
    }

    public async Task<Schedule?> UpdateAsync(Schedule schedule, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var wanted = await CheckedAsync(schedule, now, cancellationToken);
        return await ChangeAsync(
            schedule.Id,
            stored => wanted with
            {
                FlowId = stored.FlowId,
                CreatedAt = stored.CreatedAt,
                Target = stored.Target,
                // A change of name or input does not take a time away that is just due.
                NextAt = stored.Cron == wanted.Cron && stored.Zone == wanted.Zone && stored.Paused == wanted.Paused && stored.EndAt == wanted.EndAt ? stored.NextAt : wanted.NextAt,
            },
            cancellationToken);
    }

    public async Task<Schedule?> PauseAsync(Guid id, bool paused, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return await ChangeAsync(
            id,
            stored => stored.Paused == paused ? stored : stored with { Paused = paused, NextAt = paused ? null : stored.Within(CronClock.Of(stored.Cron, stored.Zone).Next(now)), UpdatedAt = now },
            cancellationToken);
    }

    async Task<Schedule?> ChangeAsync(Guid id, Func<Schedule, Schedule> change, CancellationToken cancellationToken)
    {
        await starting;
        var changed = await runner.InTurnAsync(
            id,
            async () =>
            {
                var stored = await rows.ChangeAsync(id, change, cancellationToken);
                if (stored is not null)
                    await runner.SetAlarmAsync(id, stored.NextAt);
                return stored;
            },
            cancellationToken);
        if (changed is not null)
            Changed?.Invoke(new(id, changed.FlowId));
        return changed;
    }

    public async Task<Schedule?> DeleteAsync(Guid id, CancellationToken cancellationToken)
    {
        await starting;
        var deleted = await runner.InTurnAsync(
            id,
            async () =>
            {
                var stored = await rows.DeleteAsync(id, cancellationToken);
                await runner.SetAlarmAsync(id, at: null);
                return stored;
            },
            cancellationToken);
        runner.Forget(id);
        if (deleted is not null)
            Changed?.Invoke(new(id, deleted.FlowId));
        return deleted;
    }

    public async Task<IntakeResult?> RunNowAsync(Guid id, CancellationToken cancellationToken)
    {
        if (await rows.FindAsync(id, cancellationToken) is not { Schedule: { } schedule })
            return null;
        // What is stored counts in microseconds; off the whole second, where the expression's own times are.
        var micros = time.GetUtcNow().UtcTicks / TimeSpan.TicksPerMicrosecond;
        var at = new DateTimeOffset((micros % 1_000_000 == 0 ? micros + 1 : micros) * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
        var result = await runner.IntakeAsync(schedule, new ScheduledTime(id, at, Manual: true), cancellationToken);
        if (result is { Outcome: IntakeOutcome.Accepted })
        {
            runner.Opened(id, result.RunId);
            Changed?.Invoke(new(id, schedule.FlowId));
        }
        return result;
    }

    /// <summary>The schedule as it may be stored, with its next time.</summary>
    async Task<Schedule> CheckedAsync(Schedule schedule, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var name = schedule.Name.Trim();
        if (name.Length is 0 or > MaxName)
            throw new ScheduleException("invalid_name", "name", name.Length == 0 ? "The name is empty. Say what the schedule is for." : FormattableString.Invariant($"The name has {name.Length} characters; {MaxName} are the most."));
        var clock = CronClock.Of(schedule.Cron, schedule.Zone);
        var next = await clock.PreviewAsync(now, 1, time, cancellationToken);
        var input = schedule.Input.ValueKind is System.Text.Json.JsonValueKind.Undefined ? JsonText.EmptyObject : redactor.Redact(schedule.Input);
        if (JsonText.Utf8(input).Length > MaxInput)
            throw new ScheduleException("input_too_large", "input", FormattableString.Invariant($"The input has {JsonText.Utf8(input).Length:N0} bytes of JSON; {MaxInput:N0} are the most."));
        return schedule with { Name = name, Cron = clock.Text.Text, Input = input, NextAt = schedule.Paused ? null : schedule.Within(next[0]), UpdatedAt = now };
    }

    /// <summary>A deleted flow's schedules fire no more, and those of one that came back do.</summary>
    void OnFlowChanged(Guid flowId)
    {
        lock (mendGate)
            mending = MendAsync(mending, flowId);
    }

    async Task MendAsync(Task before, Guid flowId)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var of = await rows.OfFlowAsync(flowId, stopping.Token);
            if (of.Count == 0)
                return;
            var exists = await flows.FindAsync(flowId, stopping.Token) is not null;
            foreach (var schedule in of)
                await runner.SetAlarmAsync(schedule.Id, exists ? schedule.NextAt : null);
        }
        catch (Exception e) when (e is OperationCanceledException or StorageException or System.Data.Common.DbException or ObjectDisposedException)
        {
            // The server stops, or cannot read: a fire whose flow is gone starts nothing, and the next start looks at all.
        }
    }
}
