using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Secrets;
using FlowStudio.Engine.Storage.Sqlite;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Configuration;

/// <summary>
/// What a new database begins with: the tutorial flow, whose webhook is open so that the tutorial's curl works as it stands. Who first opens the studio on
/// the machine it is developed on is led to that flow, once.
/// </summary>
sealed class FirstStart(
    DatabaseStartup database, IFlowStore flows, SecretVault vault, StarterFlows starters, DataFolder folder, StudioAccess access, IHostEnvironment environment,
    TimeProvider time) : IFirstVisit
{
    /// <summary>In the data directory until somebody has opened the studio: a restart before that changes nothing.</summary>
    const string Mark = "first-visit";

    /// <summary>The endpoint name of the tutorial flow.</summary>
    public const string EndpointName = "tutorial";

    /// <summary>Whether this is the start that made the database.</summary>
    public bool IsNew => database.IsNew;

    string MarkPath => Path.Combine(folder.Path, Mark);

    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        if (!IsNew)
            return;
        var flow = await flows.CreateAsync(starters.Tutorial.Flow with { Id = Ids.New(time) }, cancellationToken);
        await vault.EnsureWebhookTokenAsync(flow.Id, cancellationToken);
        if (environment.IsDevelopment() && !access.Wide)
            await File.WriteAllTextAsync(MarkPath, flow.Id.ToString(), cancellationToken);
    }

    public Guid? Take()
    {
        try
        {
            if (!File.Exists(MarkPath))
                return null;
            // Of two pages that open at once, one gets it: the file can be moved away only once.
            var taken = $"{MarkPath}.{Ids.New(time):N}";
            File.Move(MarkPath, taken);
            var text = File.ReadAllText(taken);
            File.Delete(taken);
            return Guid.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var id) ? id : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another page was first, or the folder is not ours to write: the list of flows does as well.
            return null;
        }
    }

    /// <summary>The tutorial's call.</summary>
    public static string Curl(string url) =>
        $"curl -X POST {url}/api/v1/webhook/{EndpointName} -H 'Content-Type: application/json' " +
        """-d '{"order":{"id":4711},"customer":{"name":"Ada"},"payment":{"status":"paid"}}'""";
}

/// <summary>The first time that anybody opens the studio of a new data directory.</summary>
public interface IFirstVisit
{
    /// <summary>The flow to show then; null ever after, and wherever nobody is to be led.</summary>
    Guid? Take();
}
