using System.Text.Encodings.Web;
using System.Text.Json;
using FlowStudio.Engine.Components;

namespace FlowStudio.Tests.Components;

/// <summary>The descriptors as JSON: types, ports, fields and defaults are in stored flows, so a change shows in review.</summary>
static class GoldenComponents
{
    static readonly JsonSerializerOptions Options = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(IEnumerable<ComponentDescriptor> descriptors) => JsonSerializer.Serialize(descriptors.Select(d => new
    {
        d.Type,
        d.Title,
        Category = d.Category.ToString(),
        Effects = d.Effects.ToString(),
        d.Summary,
        d.IsTrigger,
        d.IsOutput,
        TimeoutSeconds = d.Timeout?.TotalSeconds,
        d.Highlights,
        Inputs = d.Inputs.Select(i => new { i.Name, i.Title, Accepts = string.Join(", ", i.Accepts), i.Many, i.Required, i.Help }),
        Outputs = d.Outputs.Select(o => new { o.Name, o.Title, Type = o.Type.ToString(), o.Help }),
        Fields = d.Fields.Select(f => new
        {
            f.Name,
            f.Title,
            Kind = f.Kind.ToString(),
            f.DefaultValue,
            f.Required,
            f.Advanced,
            f.Choices,
            f.Min,
            f.Max,
            f.Unit,
            f.Placeholder,
            ShownWhen = f.ShownWhen is { } when ? $"{when.Field} = {string.Join(" or ", when.Values)}" : null,
            f.Help,
        }),
    }), Options) + "\n";
}
