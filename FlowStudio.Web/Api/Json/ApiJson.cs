using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlowStudio.Engine;
using FlowStudio.Web.Api.Native;

namespace FlowStudio.Web.Api.Json;

/// <summary>What the API writes: snake case, nothing escaped that need not be; values of runs as they are stored.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(StoredJson), typeof(UtcTime)])]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(RunView))]
[JsonSerializable(typeof(ListOf<RunSummary>))]
[JsonSerializable(typeof(RunCountView))]
[JsonSerializable(typeof(ListOf<RollupView>))]
[JsonSerializable(typeof(RunStart))]
[JsonSerializable(typeof(RunReplayStart))]
[JsonSerializable(typeof(RunActs))]
[JsonSerializable(typeof(QuestionView))]
[JsonSerializable(typeof(ListOf<QuestionView>))]
[JsonSerializable(typeof(AnswerInput))]
[JsonSerializable(typeof(ListOf<RunActView>))]
[JsonSerializable(typeof(FlowView))]
[JsonSerializable(typeof(FlowInput))]
[JsonSerializable(typeof(ListOf<FlowSummary>))]
[JsonSerializable(typeof(PublishInput))]
[JsonSerializable(typeof(FlowVersionView))]
[JsonSerializable(typeof(ListOf<FlowVersionSummary>))]
[JsonSerializable(typeof(FlowCheck))]
[JsonSerializable(typeof(FlowFile))]
[JsonSerializable(typeof(FlowChoice))]
[JsonSerializable(typeof(IReadOnlyList<FlowFile>))]
[JsonSerializable(typeof(WebhookTokenView))]
[JsonSerializable(typeof(WebhookSigningSecretView))]
[JsonSerializable(typeof(ListOf<VariableView>))]
[JsonSerializable(typeof(VariableInput))]
[JsonSerializable(typeof(ListOf<ApiKeyView>))]
[JsonSerializable(typeof(ApiKeyInput))]
[JsonSerializable(typeof(ListOf<ComponentView>))]
[JsonSerializable(typeof(ListOf<BinView>))]
[JsonSerializable(typeof(ListOf<BinRequestView>))]
[JsonSerializable(typeof(BinCatch))]
[JsonSerializable(typeof(FileView))]
[JsonSerializable(typeof(ScheduleInput))]
[JsonSerializable(typeof(ScheduleView))]
[JsonSerializable(typeof(ListOf<ScheduleView>))]
[JsonSerializable(typeof(ListOf<ScheduleFireView>))]
[JsonSerializable(typeof(CronPreview))]
[JsonSerializable(typeof(DeliveryView))]
[JsonSerializable(typeof(ListOf<DeliveryView>))]
[JsonSerializable(typeof(AttemptView))]
[JsonSerializable(typeof(SigningSecretView))]
[JsonSerializable(typeof(CallbackTestInput))]
[JsonSerializable(typeof(CurlInput))]
[JsonSerializable(typeof(ModelTestInput))]
[JsonSerializable(typeof(ModelTestView))]
[JsonSerializable(typeof(CurlSettings))]
[JsonSerializable(typeof(ListOf<FileView>))]
[JsonSerializable(typeof(Telemetry.HealthView))]
[JsonSerializable(typeof(string))]
sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>The same, but leaving readable what only a page's source would have to escape.</summary>
    public static ApiJson Relaxed { get; } = new(Set(new JsonSerializerOptions()));

    /// <summary>Makes the framework's options write as this does.</summary>
    public static JsonSerializerOptions Set(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new StoredJson());
        options.Converters.Add(new UtcTime());
        return options;
    }
}

/// <summary>Writes a value's JSON as it was parsed, whatever the writer's options: what was stored can always be read.</summary>
sealed class StoredJson : JsonConverter<JsonElement>
{
    public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => JsonElement.ParseValue(ref reader);

    public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options)
    {
        if (value.ValueKind is JsonValueKind.Undefined)
            writer.WriteNullValue();
        else
            writer.WriteRawValue(JsonText.Utf8(value), skipInputValidation: true);
    }
}

/// <summary>Times in UTC, with a Z.</summary>
sealed class UtcTime : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.UtcDateTime);
}
