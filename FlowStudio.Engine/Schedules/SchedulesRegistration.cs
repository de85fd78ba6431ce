using Microsoft.Extensions.DependencyInjection;

namespace FlowStudio.Engine.Schedules;

/// <summary>Wires schedules.</summary>
static class SchedulesRegistration
{
    public static IServiceCollection AddSchedules(this IServiceCollection services) => services
        .AddSingleton<IAlarms, QuartzAlarms>()
        .AddSingleton<ScheduleRunner>()
        .AddSingleton<ScheduleBook>()
        .AddSingleton<ISchedules>(static s => s.GetRequiredService<ScheduleBook>());
}
