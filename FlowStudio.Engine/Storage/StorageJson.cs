using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Engine.Storage;

/// <summary>The small JSON of columns; nothing escaped that need not be, so that text is found in it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(FlowLimits))]
[JsonSerializable(typeof(string[][]))]
[JsonSerializable(typeof(FlowRow))]
[JsonSerializable(typeof(ThreadRunRow))]
sealed partial class StorageJson : JsonSerializerContext
{
    public static StorageJson Columns { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
