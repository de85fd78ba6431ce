using FlowStudio.Engine;

namespace FlowStudio.Web.Configuration;

/// <summary>Starts the engine before the server listens; stops it after the server has stopped listening.</summary>
sealed class EngineService(EngineHost engine, FirstStart first) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await engine.StartAsync(cancellationToken);
        await first.SeedAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => engine.StopAsync(cancellationToken);
}
