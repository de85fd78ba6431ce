using FlowStudio.Engine;
using FlowStudio.Engine.Schedules;
using FlowStudio.Engine.Threads;

namespace FlowStudio.Web.Api.LangGraph;

/// <summary>Crons: what is started is kept with the threads, and when it is, with the schedules. Both have the same id.</summary>
sealed class GraphCrons(IThreadCronRows rows, ISchedules schedules, GraphRunReader reader, TimeProvider time)
{
    /// <summary>What a cron has beside its payload.</summary>
    static readonly string[] NotPayload = ["schedule", "timezone", "end_time", "enabled", "on_run_completed", "metadata"];

    public async Task<IReadOnlyList<(ThreadCron Cron, Schedule Schedule)>> ListAsync(Guid? threadId, CancellationToken cancellationToken)
    {
        var all = new List<(ThreadCron, Schedule)>();
        foreach (var cron in await rows.ListAsync(threadId, cancellationToken))
        {
            // One that was deleted in the studio is gone here too.
            if (await schedules.FindAsync(cron.Id, cancellationToken) is { } found)
                all.Add((cron, found.Schedule));
        }
        return all;
    }

    public async Task<(ThreadCron Cron, Schedule Schedule)?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        await rows.FindAsync(id, cancellationToken) is { } cron && await schedules.FindAsync(id, cancellationToken) is { } found ? (cron, found.Schedule) : null;

    /// <exception cref="ApiException">Something in it is wrong.</exception>
    public async Task<(ThreadCron Cron, Schedule Schedule)> CreateAsync(GraphFields fields, Guid? threadId, CancellationToken cancellationToken)
    {
        fields.Required("assistant_id");
        fields.Required("schedule");
        var now = time.GetUtcNow();
        var (cron, schedule) = await ReadAsync(fields, Ids.New(time, now), threadId, now, cancellationToken);
        return await TryAsync(async () =>
        {
            // First what is to be started: the first time may be at once.
            await rows.SaveAsync(cron, cancellationToken);
            try
            {
                return (cron, await schedules.CreateAsync(schedule, cancellationToken));
            }
            catch
            {
                await rows.DeleteAsync(cron.Id, CancellationToken.None);
                throw;
            }
        });
    }

    /// <summary>Changes what is given and leaves the rest; null when it does not exist.</summary>
    /// <exception cref="ApiException">Something in it is wrong.</exception>
    public async Task<(ThreadCron Cron, Schedule Schedule)?> UpdateAsync(Guid id, GraphFields fields, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not var (stored, before))
            return null;
        var metadata = fields.Object("metadata");
        var whole = JsonContains.Merge(JsonContains.Merge(stored.Payload, fields.Body), JsonText.Element((stored.Metadata, metadata), static (json, m) =>
        {
            json.WriteStartObject();
            json.WritePropertyName("metadata"u8);
            JsonContains.Merge(m.Metadata, m.metadata ?? JsonText.EmptyObject).WriteTo(json);
            json.WriteEndObject();
        }));
        var (cron, schedule) = await ReadAsync(new GraphFields(whole), id, stored.ThreadId, stored.CreatedAt, cancellationToken);
        if (cron.FlowId != before.FlowId)
            throw GraphErrors.Invalid("'assistant_id' of a cron cannot be changed to one over another flow. Make a cron for that one, and delete this one.");
        // What is left out stays as it is, also where the studio changed it.
        schedule = schedule with
        {
            Paused = fields.Has("enabled") ? schedule.Paused : before.Paused,
            Cron = fields.Has("schedule") ? schedule.Cron : before.Cron,
            Zone = fields.Has("timezone") ? schedule.Zone : before.Zone,
            EndAt = fields.Has("end_time") ? schedule.EndAt : before.EndAt,
            Input = fields.Has("input") ? schedule.Input : before.Input,
        };
        return await TryAsync(async () =>
        {
            if (await schedules.UpdateAsync(schedule with { Name = before.Name }, cancellationToken) is not { } saved)
                return ((ThreadCron, Schedule)?)null;
            await rows.SaveAsync(cron, cancellationToken);
            return (cron, saved);
        });
    }

    public async Task<bool> DeleteAsync(Guid id, CancellationToken cancellationToken)
    {
        if (await rows.FindAsync(id, cancellationToken) is null)
            return false;
        var deleted = await schedules.DeleteAsync(id, cancellationToken);
        await rows.DeleteAsync(id, CancellationToken.None);
        return deleted is not null;
    }

    /// <summary>Deletes the crons of an assistant.</summary>
    public async Task DeleteOfAssistantAsync(Guid assistantId, CancellationToken cancellationToken)
    {
        foreach (var cron in (await rows.ListAsync(threadId: null, cancellationToken)).Where(c => c.AssistantId == assistantId))
            await DeleteAsync(cron.Id, cancellationToken);
    }

    /// <summary>The crons of an assistant go by what it is now. One that cannot any more stays as it was.</summary>
    public async Task RefreshOfAssistantAsync(Guid assistantId, CancellationToken cancellationToken)
    {
        foreach (var (cron, schedule) in (await ListAsync(threadId: null, cancellationToken)).Where(c => c.Cron.AssistantId == assistantId))
        {
            try
            {
                var (fresh, _) = await ReadAsync(new GraphFields(cron.Payload), cron.Id, cron.ThreadId, cron.CreatedAt, cancellationToken);
                // A schedule is one flow's.
                if (fresh.FlowId == schedule.FlowId)
                    await rows.SaveAsync(fresh with { UpdatedAt = cron.UpdatedAt }, cancellationToken);
            }
            catch (ApiException)
            {
                // What was taken once (a webhook that is not allowed any more) goes on as it was taken; the assistant is changed all the same.
            }
        }
    }

    public static CronView View(ThreadCron cron, Schedule schedule)
    {
        var payload = new GraphFields(cron.Payload);
        var inner = JsonText.Element(cron, static (json, c) =>
        {
            json.WriteStartObject();
            foreach (var member in c.Payload.EnumerateObject().Where(m => !NotPayload.Contains(m.Name)))
                member.WriteTo(json);
            json.WriteEndObject();
        });
        // As it was given, unless the studio changed it since.
        var given = payload.Text("schedule");
        var zone = payload.Text("timezone");
        return new(cron.Id, cron.AssistantId, cron.ThreadId, cron.ThreadId is not null ? null : cron.Keep ? "keep" : "delete", schedule.EndAt,
            given is not null && Expression(given) == schedule.Cron ? given : schedule.Cron, schedule.Zone == (zone ?? "UTC") ? zone : schedule.Zone, cron.CreatedAt, cron.UpdatedAt, UserId: null, inner, schedule.NextAt, cron.Metadata, !schedule.Paused);
    }

    /// <summary>
    /// An expression in the form of schedules. LangGraph's sixth field is the second, and comes last; what comes before it is as Unix has it.
    /// </summary>
    /// <exception cref="CronException">It is none.</exception>
    public static string Expression(string given)
    {
        var fields = given.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 6)
            return fields.Length is 5 || given.TrimStart().StartsWith('@') ? given.Trim()
                : throw new CronException("The schedule must have five fields (minute, hour, day of the month, month, day of the week), or a sixth for the second.");
        var five = CronText.Parse(string.Join(' ', fields[..5])).QuartzForm;
        return CronText.Parse($"{fields[5]}{five[five.IndexOf(' ', StringComparison.Ordinal)..]}").Text;
    }

    async Task<(ThreadCron Cron, Schedule Schedule)> ReadAsync(GraphFields fields, Guid id, Guid? threadId, DateTimeOffset createdAt, CancellationToken cancellationToken)
    {
        var wish = await reader.ReadAsync(fields, threadId, cancellationToken);
        if (wish.Run.FromId is not null)
            throw GraphErrors.Invalid("A cron goes on from where its thread is; leave 'checkpoint' and 'checkpoint_id' out.");
        var keep = fields.Choice("on_run_completed", "delete", "keep") == "keep";
        var end = End(fields);
        var zone = fields.Text("timezone", 64);
        var enabled = fields.Flag("enabled") ?? true;
        var expression = TryCron(() => Expression(fields.Text("schedule") ?? ""));
        var now = time.GetUtcNow();
        var cron = new ThreadCron
        {
            Id = id,
            FlowId = wish.Run.FlowId,
            AssistantId = wish.Run.AssistantId ?? wish.Run.FlowId,
            Presets = wish.Run.Presets,
            Stops = wish.Run.Stops,
            ThreadId = threadId,
            Keep = keep,
            Strategy = wish.Run.Strategy,
            Callback = wish.Run.Callback,
            // Ids of a run are in the configuration of each; here there is none yet.
            Request = wish.Run.Request(Guid.Empty, threadId ?? Guid.Empty),
            RunMetadata = JsonContains.Merge(wish.Run.Metadata, JsonText.Element(id, static (json, cronId) =>
            {
                json.WriteStartObject();
                json.WriteString("cron_id"u8, cronId);
                json.WriteEndObject();
            })),
            ThreadMetadata = wish.Run.ThreadMetadata,
            Metadata = fields.Object("metadata") ?? JsonText.EmptyObject,
            Payload = fields.Body,
            CreatedAt = createdAt,
            UpdatedAt = now,
        };
        var schedule = new Schedule
        {
            Id = id,
            FlowId = wish.Run.FlowId,
            Name = $"LangGraph cron {fields.Text("schedule")}",
            Cron = expression,
            Zone = zone ?? "UTC",
            Input = wish.Run.Input,
            Misfire = MisfirePolicy.Once,
            // Whether two may run at once is the thread's to say.
            Overlap = OverlapPolicy.Allow,
            Paused = !enabled,
            EndAt = end,
            Target = ThreadCrons.Target,
        };
        return (cron, schedule);
    }

    static DateTimeOffset? End(GraphFields fields)
    {
        if (fields.Text("end_time") is not { } text)
            return null;
        return DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var end)
            ? end.ToUniversalTime()
            : throw GraphErrors.Invalid("'end_time' must be a time in ISO 8601.");
    }

    static T TryCron<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (CronException e)
        {
            throw GraphErrors.Invalid($"'schedule': {e.Message}");
        }
    }

    static async Task<T> TryAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (CronException e)
        {
            throw GraphErrors.Invalid($"'schedule': {e.Message}");
        }
        catch (ScheduleException e)
        {
            throw GraphErrors.Invalid(e.Message);
        }
    }
}
