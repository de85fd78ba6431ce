using System.Reflection;
using FlowStudio.Engine.Storage.Sqlite;
using FlowStudio.Web.Security;

namespace FlowStudio.Web.Configuration;

/// <summary>What the person who started the server reads.</summary>
static class StartReport
{
    public static string Version { get; } =
        typeof(StartReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    public static void Print(WebApplication app, TextWriter output)
    {
        var folder = app.Services.GetRequiredService<DataFolder>();
        var access = app.Services.GetRequiredService<StudioAccess>();
        var url = Url(app.Urls);
        output.WriteLine($"FlowStudio {Version} listens on {string.Join(" and ", app.Urls)}");
        output.WriteLine($"  Data: {folder.Path}, SQLite {SqliteBridge.Version} ({SqliteBridge.Source})");
        if (!access.Wide)
            output.WriteLine($"  Access: this machine only; {(access.AsksForKey ? "pages ask for nothing, the API for a key, made under Settings." : "nothing is asked.")}");
        else if (access.NewToken is { } token)
            output.WriteLine($"  Access: pages ask for this token, shown this once: {token}");
        else
            output.WriteLine($"  Access: pages ask for the token that is " +
                $"set{(access.TokenIsKept ? $", or was shown at the first start ({Path.Combine(folder.Keys, StudioAccess.TokenFile)})" : "")}.");
        if (access.Wide)
            output.WriteLine("  The API asks for a key: make one under Settings.");
        output.WriteLine($"  Open {url} in a browser.");
        if (app.Services.GetRequiredService<FirstStart>().IsNew)
        {
            output.WriteLine("  First start. Try the tutorial flow:");
            output.WriteLine($"    {FirstStart.Curl(url)}");
        }
        output.Flush();
    }

    public static async Task<int> FailAsync(int exitCode, IReadOnlyList<string> problems)
    {
        await Console.Error.WriteLineAsync("FlowStudio does not start:");
        foreach (var problem in problems)
            await Console.Error.WriteLineAsync($"  {problem}");
        return exitCode;
    }

    /// <summary>An address that a browser on this machine can open.</summary>
    public static string Url(ICollection<string> addresses)
    {
        var address = addresses.FirstOrDefault() ?? ListenAddress.Default;
        return address.Replace("0.0.0.0", "localhost", StringComparison.Ordinal).Replace("[::]", "localhost", StringComparison.Ordinal);
    }
}
