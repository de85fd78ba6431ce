using FlowStudio.Engine.Schedules;
using Microsoft.Extensions.DependencyInjection;

namespace FlowStudio.Engine.Threads;

/// <summary>Wires threads.</summary>
static class ThreadsRegistration
{
    public static IServiceCollection AddThreads(this IServiceCollection services) => services
        .AddSingleton<ThreadEnding>()
        .AddSingleton<ThreadRuns>()
        .AddSingleton<IScheduleTarget, ThreadCronTarget>()
        .AddSingleton<IThreadRuns>(static s => s.GetRequiredService<ThreadRuns>());
}
