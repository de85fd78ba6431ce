using System.Text.Json;
using FlowStudio.Engine.Execution;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Schedules;

namespace FlowStudio.Engine.Threads;

/// <summary>What a schedule starts on a thread, or on one of its own each time. When, and with what input, is the schedule's.</summary>
public sealed record ThreadCron
{
    /// <summary>The schedule's id.</summary>
    public required Guid Id { get; init; }

    public required Guid FlowId { get; init; }

    /// <summary>See <see cref="ThreadRun.AssistantId"/>.</summary>
    public required Guid AssistantId { get; init; }

    /// <summary>See <see cref="ThreadRun.Presets"/>.</summary>
    public JsonElement? Presets { get; init; }

    /// <summary>See <see cref="ThreadRun.Stops"/>.</summary>
    public RunStops Stops { get; init; } = RunStops.None;

    /// <summary>Null: each run has a thread of its own.</summary>
    public Guid? ThreadId { get; init; }

    /// <summary>Threads of the runs' own are kept after their ends.</summary>
    public bool Keep { get; init; }

    public MultitaskStrategy Strategy { get; init; }

    /// <summary>See <see cref="ThreadRun.Request"/>.</summary>
    public JsonElement Request { get; init; } = JsonText.EmptyObject;

    /// <summary>Whom to tell of each run's end.</summary>
    public CallbackTarget? Callback { get; init; }

    /// <summary>The metadata of each run.</summary>
    public JsonElement RunMetadata { get; init; } = JsonText.EmptyObject;

    /// <summary>Merged into the metadata of each run's thread.</summary>
    public JsonElement ThreadMetadata { get; init; } = JsonText.EmptyObject;

    /// <summary>Any object: the caller's own facts.</summary>
    public JsonElement Metadata { get; init; } = JsonText.EmptyObject;

    /// <summary>As the caller asked for it; the engine does not read it.</summary>
    public JsonElement Payload { get; init; } = JsonText.EmptyObject;

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>What schedules start on threads, in the database.</summary>
public interface IThreadCronRows
{
    Task<ThreadCron?> FindAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>All, or those of a thread, from the newest down.</summary>
    Task<IReadOnlyList<ThreadCron>> ListAsync(Guid? threadId, CancellationToken cancellationToken);

    /// <summary>Stores it, in place of what has its id.</summary>
    Task SaveAsync(ThreadCron cron, CancellationToken cancellationToken);

    Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken);
}

/// <summary>At a schedule's times, takes a run on a thread.</summary>
sealed class ThreadCronTarget(IThreadCronRows rows, IThreadRuns runs, TimeProvider time) : IScheduleTarget
{
    /// <summary>What schedules with crons have as their target.</summary>
    public const string TargetName = ThreadCrons.Target;

    public string Name => TargetName;

    public async ValueTask<IntakeResult?> StartAsync(Schedule schedule, ScheduledTime scheduled, CancellationToken cancellationToken)
    {
        if (await rows.FindAsync(schedule.Id, cancellationToken) is not { } cron)
            return null;
        var started = await runs.StartAsync(
            new ThreadRunRequest
            {
                FlowId = schedule.FlowId,
                AssistantId = cron.AssistantId,
                Presets = cron.Presets,
                Stops = cron.Stops,
                ThreadId = cron.ThreadId,
                Temporary = cron.ThreadId is null && !cron.Keep,
                Input = schedule.Input,
                Metadata = cron.RunMetadata,
                ThreadMetadata = cron.ThreadMetadata,
                Strategy = cron.Strategy,
                Callback = cron.Callback,
                Request = (_, _) => cron.Request,
                Scheduled = scheduled,
            },
            cancellationToken);
        // Who pressed Run now is shown the run itself, when it has its turn at once.
        if (scheduled.Manual && started.Progress is { } progress)
        {
            await ((Task)progress.Begun).WaitAsync(TimeSpan.FromSeconds(5), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (progress.Begun.IsCompletedSuccessfully && await progress.Begun is { NativeRunId: { } native })
                return new(IntakeOutcome.Accepted) { RunId = native };
        }
        return started.Run is { } run
            ? new(IntakeOutcome.Accepted) { RunId = run.Id }
            : new(IntakeOutcome.FlowInvalid) { Code = started.Outcome is Admission.Busy ? "thread_busy" : "thread_not_found", Message = started.Outcome is Admission.Busy ? "The thread was at work." : "The thread does not exist any more." };
    }
}

/// <summary>Names.</summary>
public static class ThreadCrons
{
    /// <summary>See <see cref="Schedule.Target"/>.</summary>
    public const string Target = "thread";
}
