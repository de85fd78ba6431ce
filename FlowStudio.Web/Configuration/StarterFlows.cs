using FlowStudio.Engine;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Api.Native;

namespace FlowStudio.Web.Configuration;

/// <summary>A flow that comes with the program, to begin with.</summary>
/// <param name="Key">The name of its file.</param>
/// <param name="Flow">As it is created, but for its id.</param>
public sealed record StarterFlow(string Key, Flow Flow);

/// <summary>The flows of <c>wwwroot-assets/starter-flows</c>: each runs at once, with the demo model, without key or network.</summary>
public sealed class StarterFlows
{
    /// <summary>From the simplest on.</summary>
    static readonly string[] Order =
        ["tutorial", "basic-prompting", "prompt-chaining", "memory-chatbot", "if-else-routing", "loop-over-a-list", "scheduled-digest"];

    readonly Lazy<IReadOnlyList<StarterFlow>> all = new(() => [.. Order.Select(key => new StarterFlow(key, Read(key)))]);

    public IReadOnlyList<StarterFlow> All => all.Value;

    public StarterFlow Tutorial => All[0];

    static Flow Read(string key)
    {
        using var stream = typeof(StarterFlows).Assembly.GetManifestResourceStream($"starter:{key}")
            ?? throw new InvalidOperationException($"The program lacks its resource starter:{key}.");
        var file = new byte[stream.Length];
        stream.ReadExactly(file);
        return FlowFileReader.Read(JsonText.Parse(file), Guid.Empty);
    }
}
