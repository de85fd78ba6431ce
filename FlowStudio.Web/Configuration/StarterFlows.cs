using System.Security.Cryptography;
using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Api.Native;

namespace FlowStudio.Web.Configuration;

/// <summary>A flow that comes with the program, to begin with.</summary>
/// <param name="Key">The name of its file.</param>
/// <param name="Flow">As it is created, but for its id and for what <see cref="Fresh"/> makes.</param>
public sealed record StarterFlow(string Key, Flow Flow)
{
    const string Token = "{token}";

    /// <summary>A flow to create: where its completion webhook has a token, one of its own.</summary>
    public Flow Fresh() => Flow.CompletionWebhook is { } url && url.Contains(Token, StringComparison.Ordinal)
        ? Flow with { CompletionWebhook = url.Replace(Token, $"ord_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}", StringComparison.Ordinal) }
        : Flow;
}

/// <summary>The flows of <c>wwwroot-assets/starter-flows</c>: each runs at once, with the demo model, without key or network.</summary>
public sealed class StarterFlows
{
    /// <summary>From the simplest on.</summary>
    static readonly string[] Order =
        ["tutorial", "basic-prompting", "prompt-chaining", "memory-chatbot", "if-else-routing", "loop-over-a-list", "scheduled-digest", "order-status-updates"];

    readonly Lazy<IReadOnlyList<StarterFlow>> all = new(() => [.. Order.Select(key => new StarterFlow(key, Read(key)))]);

    public IReadOnlyList<StarterFlow> All => all.Value;

    public StarterFlow Tutorial => All[0];

    static Flow Read(string key)
    {
        using var stream = typeof(StarterFlows).Assembly.GetManifestResourceStream($"starter:{key}")
            ?? throw new InvalidOperationException($"The program lacks its resource starter:{key}.");
        var file = new byte[stream.Length];
        stream.ReadExactly(file);
        var json = JsonText.Parse(file);
        // A file from elsewhere brings no address that is told of runs; those that come with the program may.
        return FlowFileReader.Read(json, Guid.Empty) with { CompletionWebhook = json.TryGetProperty("completion_webhook", out var url) ? url.GetString() : null };
    }
}
