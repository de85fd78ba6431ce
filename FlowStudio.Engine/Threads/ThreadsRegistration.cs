using FlowStudio.Engine.Schedules;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlowStudio.Engine.Threads;

/// <summary>Wires threads.</summary>
static class ThreadsRegistration
{
    public static IServiceCollection AddThreads(this IServiceCollection services) => services
        .AddSingleton<ThreadEnding>()
        .AddSingleton(static s => new ThreadKeeper(s.GetRequiredService<IThreadRows>(), s.GetRequiredService<IThreadRuns>(), s.GetRequiredService<IThreadCronRows>(), s.GetRequiredService<ISchedules>(),
            s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<ThreadKeeper>>()))
        .AddSingleton<ThreadNews>()
        .AddSingleton<ThreadRuns>()
        .AddSingleton<IScheduleTarget, ThreadCronTarget>()
        .AddSingleton<IThreadRuns>(static s => s.GetRequiredService<ThreadRuns>());
}
