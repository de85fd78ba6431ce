using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Storage.Sqlite;
using FlowStudio.Web.Api.Native;

namespace FlowStudio.Web.Configuration;

/// <summary>What a new database begins with: the tutorial flow, whose webhook is open so that the tutorial's curl works as it stands.</summary>
sealed class FirstStart(DatabaseStartup database, IFlowStore flows, SecretVault vault, TimeProvider time)
{
    const string Resource = "starter:tutorial";

    /// <summary>The endpoint name of the tutorial flow.</summary>
    public const string EndpointName = "tutorial";

    /// <summary>Whether this is the start that made the database.</summary>
    public bool IsNew => database.IsNew;

    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        if (!IsNew)
            return;
        using var stream = typeof(FirstStart).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The program lacks its resource {Resource}.");
        var file = new byte[stream.Length];
        await stream.ReadExactlyAsync(file, cancellationToken);
        var flow = await flows.CreateAsync(FlowFileReader.Read(JsonText.Parse(file), Guid.CreateVersion7(time.GetUtcNow())), cancellationToken);
        await vault.EnsureWebhookTokenAsync(flow.Id, cancellationToken);
    }

    /// <summary>The tutorial's call.</summary>
    public static string Curl(string url) =>
        $"curl -X POST {url}/api/v1/webhook/{EndpointName} -H 'Content-Type: application/json' " +
        """-d '{"order":{"id":4711},"customer":{"name":"Ada"},"payment":{"status":"paid"}}'""";
}
