using System.Text;
using Microsoft.EntityFrameworkCore;

namespace FlowStudio.Engine.Storage;

/// <summary>The sets, and the conventions that all of them share; each entity is described in <c>Configurations/</c>.</summary>
sealed class StudioDbContext(DbContextOptions<StudioDbContext> options) : DbContext(options)
{
    public DbSet<FlowRow> Flows => Set<FlowRow>();

    public DbSet<FlowVersionRow> FlowVersions => Set<FlowVersionRow>();

    public DbSet<DeletedFlowRow> DeletedFlows => Set<DeletedFlowRow>();

    public DbSet<DraftHistoryRow> DraftHistories => Set<DraftHistoryRow>();

    public DbSet<RunRow> Runs => Set<RunRow>();

    public DbSet<RunEventsRow> RunEvents => Set<RunEventsRow>();

    public DbSet<ThreadRow> Threads => Set<ThreadRow>();

    public DbSet<MessageRow> Messages => Set<MessageRow>();

    public DbSet<IdempotencyKeyRow> IdempotencyKeys => Set<IdempotencyKeyRow>();

    public DbSet<VariableStoreRow> Variables => Set<VariableStoreRow>();

    public DbSet<ApiKeyStoreRow> ApiKeys => Set<ApiKeyStoreRow>();

    public DbSet<BinRequestRow> BinRequests => Set<BinRequestRow>();

    public DbSet<HistoryMarkRow> HistoryMarks => Set<HistoryMarkRow>();

    public DbSet<RunRollupRow> RunRollups => Set<RunRollupRow>();

    public DbSet<ScheduleRow> Schedules => Set<ScheduleRow>();

    public DbSet<StateThreadRow> StateThreads => Set<StateThreadRow>();

    public DbSet<ThreadRunRow> ThreadRuns => Set<ThreadRunRow>();

    public DbSet<ThreadCronRow> ThreadCrons => Set<ThreadCronRow>();

    public DbSet<ThreadEndRow> ThreadEnds => Set<ThreadEndRow>();

    public DbSet<AssistantRow> Assistants => Set<AssistantRow>();

    public DbSet<CheckpointRow> Checkpoints => Set<CheckpointRow>();

    public DbSet<ScheduleFireRow> ScheduleFires => Set<ScheduleFireRow>();

    public DbSet<QuestionRow> Questions => Set<QuestionRow>();

    public DbSet<DeliveryRow> Deliveries => Set<DeliveryRow>();

    public DbSet<DeliveryAttemptRow> DeliveryAttempts => Set<DeliveryAttemptRow>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<Guid>().HaveConversion<GuidBytes>();
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UnixMicros>();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(StudioDbContext).Assembly);
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(e => e.GetProperties()))
            property.SetColumnName(Snake(property.Name));
    }

    /// <summary><c>EndpointName</c> becomes <c>endpoint_name</c>.</summary>
    static string Snake(string name)
    {
        var snake = new StringBuilder(name.Length + 8);
        foreach (var letter in name)
        {
            if (char.IsUpper(letter) && snake.Length > 0)
                snake.Append('_');
            snake.Append(char.ToLowerInvariant(letter));
        }
        return snake.ToString();
    }
}
