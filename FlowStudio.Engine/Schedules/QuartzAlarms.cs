using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Quartz;
using Quartz.Extensibility;

namespace FlowStudio.Engine.Schedules;

/// <summary>
/// Alarms by Quartz, kept in a file of their own: one trigger per schedule, for one time. The times themselves are in the main database, so that a schedule's
/// time and what became of it are one transaction; what Quartz has is brought in line with it at every start. Nothing is opened until there is an alarm to keep.
/// </summary>
sealed class QuartzAlarms(IAlarmFile file, TimeProvider time, ILoggerFactory loggers) : IAlarms
{
    const int Page = 1000;
    const string Group = "schedules";

    static readonly JobKey Job = new("fire", Group);

    readonly ILogger log = loggers.CreateLogger<QuartzAlarms>();
    readonly SemaphoreSlim gate = new(1, 1);
    Func<Guid, CancellationToken, Task>? ring;
    StandaloneSchedulerFactory? factory;
    IScheduler? scheduler;
    bool stopped;

    public async Task StartAsync(IReadOnlyDictionary<Guid, DateTimeOffset> due, Func<Guid, CancellationToken, Task> ring, CancellationToken cancellationToken)
    {
        this.ring = ring;
        if (due.Count == 0)
            return;
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (scheduler is null && !stopped)
                await OpenAsync(due, cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task SetAsync(Guid scheduleId, DateTimeOffset? at, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (stopped || ring is null || (scheduler is null && at is null))
                return;
            if (scheduler is null)
                await OpenAsync(new Dictionary<Guid, DateTimeOffset>(), cancellationToken);
            if (scheduler is null)
                return;
            if (at is { } when)
                await scheduler.ScheduleTrigger(Trigger(scheduleId, when), TriggerConflict.Replace, cancellationToken);
            else
                await scheduler.UnscheduleJob(Key(scheduleId), cancellationToken);
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task StopAsync()
    {
        await gate.WaitAsync();
        IScheduler? running;
        try
        {
            (stopped, running, scheduler) = (true, scheduler, null);
        }
        finally
        {
            gate.Release();
        }
        // Outside of the gate: who is being rung for may want to set an alarm, and is waited for.
        if (running is not null)
            await running.Shutdown(waitForJobsToComplete: true);
        if (factory is not null)
            await factory.DisposeAsync();
    }

    async Task OpenAsync(IReadOnlyDictionary<Guid, DateTimeOffset> due, CancellationToken cancellationToken)
    {
        try
        {
            await TryOpenAsync(due, cancellationToken);
        }
        catch (Exception e) when (e is SchedulerException or DbException or IOException or InvalidOperationException)
        {
            // Nothing is lost with it: all that counts is in the main database.
            ScheduleLog.AlarmsMadeAnew(log, e.Message);
            await CloseFactoryAsync();
            file.Discard();
            await TryOpenAsync(due, cancellationToken);
        }
    }

    async Task TryOpenAsync(IReadOnlyDictionary<Guid, DateTimeOffset> due, CancellationToken cancellationToken)
    {
        file.Prepare();
        factory = QuartzSchedulerBuilder.Create(quartz =>
        {
            quartz.Services.AddSingleton(loggers);
            quartz.ConfigureScheduler(static options => options.InstanceName = "FlowStudio");
            quartz.UseTimeProvider(time);
            quartz.UseJobFactory(new Jobs(this));
            quartz.UsePersistentStore(store =>
            {
                store.UseSqlite(file.Provider, file.ConnectionString);
                store.UseSystemTextJsonSerializer();
                store.ConfigureStore(static options => options.SchemaProvisioning = SchemaProvisioning.CreateIfMissing);
            });
        }).Build();
        var opened = await factory.GetScheduler(cancellationToken);
        await opened.AddJob(JobBuilder.Create<Fire>().WithIdentity(Job).StoreDurably().Build(), AddJobOptions.Replacing, cancellationToken);
        await ReconcileAsync(opened, due, cancellationToken);
        await opened.Start(cancellationToken);
        scheduler = opened;
    }

    /// <summary>The main database is right: what it does not have is forgotten, what it has otherwise is set.</summary>
    async Task ReconcileAsync(IScheduler opened, IReadOnlyDictionary<Guid, DateTimeOffset> due, CancellationToken cancellationToken)
    {
        var kept = new Dictionary<TriggerKey, TriggerHeader>();
        for (var more = true; more;)
        {
            var page = await opened.QueryTriggers(new TriggerQuery { Skip = kept.Count, Take = Page }, cancellationToken);
            foreach (var header in page.Items)
                kept[header.Key] = header;
            more = page.HasMore && page.Items.Count > 0;
        }
        var wanted = due.ToDictionary(d => Key(d.Key), d => (Id: d.Key, At: d.Value));
        string[] foreign = [.. kept.Keys.Where(k => !wanted.ContainsKey(k)).Select(k => k.Name)];
        if (foreign.Length > 0)
            await opened.UnscheduleJobs([.. foreign.Select(name => new TriggerKey(name, Group))], cancellationToken);
        var set = 0;
        foreach (var (key, (id, at)) in wanted)
        {
            if (kept.TryGetValue(key, out var header) && header.State is TriggerState.Normal && header.NextFireTimeUtc == Whole(at))
                continue;
            await opened.ScheduleTrigger(Trigger(id, at), TriggerConflict.Replace, cancellationToken);
            set++;
        }
        if (set + foreign.Length > 0)
            ScheduleLog.Reconciled(log, set, foreign.Length);
    }

    async Task CloseFactoryAsync()
    {
        if (factory is { } broken)
            await broken.DisposeAsync();
        factory = null;
    }

    static TriggerKey Key(Guid scheduleId) => new(scheduleId.ToString("N"), Group);

    ITrigger Trigger(Guid scheduleId, DateTimeOffset at) =>
        TriggerBuilder.Create(time).WithIdentity(Key(scheduleId)).ForJob(Job).StartAt(Whole(at)).Build();

    /// <summary>Never early: Quartz counts in milliseconds.</summary>
    static DateTimeOffset Whole(DateTimeOffset at) => new((at.UtcTicks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond * TimeSpan.TicksPerMillisecond, TimeSpan.Zero);

    /// <summary>What Quartz runs; it holds nothing but the name of its trigger.</summary>
    sealed class Fire(QuartzAlarms owner) : IJob
    {
        public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
        {
            if (owner.ring is { } ring && Guid.TryParse(context.Trigger.Key.Name, out var scheduleId))
                await ring(scheduleId, cancellationToken);
        }
    }

    sealed class Jobs(QuartzAlarms owner) : IJobFactory
    {
        public ValueTask<JobScope> CreateJob(TriggerFiredBundle bundle, IScheduler scheduler, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new JobScope(new Fire(owner)));

        public ValueTask ReturnJob(JobScope scope, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
