using System.Text.Json;
using System.Text.Json.Serialization;
using FlowStudio.Engine;
using FlowStudio.Engine.Bins;
using FlowStudio.Engine.Components;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.History;
using FlowStudio.Engine.Runs;
using FlowStudio.Engine.Secrets;

namespace FlowStudio.Web.Api.Native;

/// <summary>A page of a list.</summary>
/// <param name="NextCursor">Give it as <c>cursor</c> for the next page; null on the last.</param>
sealed record ListOf<T>(IReadOnlyList<T> Items, string? NextCursor = null);

/// <summary>An error (RFC 9457).</summary>
/// <param name="Code">Stable, for programs.</param>
/// <param name="Detail">What was wrong and what to do, for people.</param>
/// <param name="Problems">What is wrong with a flow, when that is the reason.</param>
/// <param name="Member">The member or parameter whose text is wrong, when the place is known.</param>
/// <param name="Field">The part of that text, e.g. <c>minute</c> of a cron expression.</param>
/// <param name="FieldNumber">The part, counted from 1.</param>
/// <param name="Position">The first wrong character of the text, counted from 1.</param>
sealed record Problem(string Title, int Status, string Code, string Detail, IReadOnlyList<FlowProblemView>? Problems,
    string? Member, string? Field, int? FieldNumber, int? Position);

/// <summary>Something wrong with a flow: where, what, and what to do.</summary>
/// <param name="Severity"><c>error</c>: it cannot run; <c>warning</c>: it runs, but perhaps not as meant.</param>
sealed record FlowProblemView(string Code, string Severity, string? NodeId, string? Field, string Message, string Advice)
{
    public static FlowProblemView Of(FlowProblem problem) =>
        new(problem.Code, problem.Severity is ProblemSeverity.Error ? "error" : "warning", problem.NodeId, problem.Field, problem.Message, problem.Advice);
}

/// <summary>What validation found.</summary>
/// <param name="Valid">Whether the flow can run: there is no problem of severity <c>error</c>.</param>
sealed record FlowCheck(bool Valid, IReadOnlyList<FlowProblemView> Problems);

/// <summary>A wish to run a flow.</summary>
/// <param name="Input">Any JSON: what the flow's trigger gives out. Default: an empty object.</param>
/// <param name="Draft">Run the draft, even when a version is published.</param>
/// <param name="SessionId">The session the run belongs to; default: one of its own.</param>
/// <param name="Webhook">Where to tell the run's end, beside where the flow says: an address of http or https.</param>
sealed record RunStart(JsonElement? Input, bool? Draft, string? SessionId, string? Webhook);

/// <summary>How to run a run again.</summary>
/// <param name="From"><c>start</c> (the default), or <c>failed</c>: what was done is kept, and the run goes on where it failed.</param>
/// <param name="Version"><c>same</c> (the default): what the run ran; or <c>latest</c>: the flow's live version, or its draft when nothing is published.</param>
sealed record RunReplayStart(string? From, string? Version);

/// <summary>Bounds on a flow's runs; null takes the server's default.</summary>
/// <param name="RunTimeout">Seconds a run may work.</param>
/// <param name="MaxConcurrentRuns">Runs of the flow at the same time.</param>
/// <param name="Retries">How often a failed attempt is repeated.</param>
/// <param name="KeepDays">Days after its end that a run is kept.</param>
/// <param name="KeepRuns">Runs of the flow that are kept; beyond it the oldest ended ones go.</param>
sealed record FlowLimitsView(double? RunTimeout, int? MaxConcurrentRuns, int? Retries, double? KeepDays, int? KeepRuns)
{
    public static FlowLimitsView Of(FlowLimits limits) => new(limits.RunTimeout, limits.MaxConcurrentRuns, limits.Retries, limits.KeepDays, limits.KeepRuns);
}

/// <summary>What may be set of a flow. When a flow is replaced, what is left out stays as it is.</summary>
/// <param name="EndpointName">A short name that stands for the id in addresses; null takes it away.</param>
/// <param name="Access">Who may start it by webhook: <c>token</c>, <c>open</c>, <c>api_key</c> or <c>signed</c>.</param>
/// <param name="CompletionWebhook">Where the end of every run is told; null takes it away.</param>
/// <param name="Document">Nodes, edges and notes.</param>
sealed record FlowInput(string? Name, string? Description, string? EndpointName, IReadOnlyList<string>? Tags, bool? Enabled, string? Access,
    FlowLimitsView? Limits, string? CompletionWebhook, JsonElement? Document);

/// <summary>A flow with its draft.</summary>
/// <param name="DraftRevision">Rises with every save; also the ETag, for <c>If-Match</c>.</param>
/// <param name="LiveVersion">What webhooks and API run; null: the draft, as nothing has been published.</param>
/// <param name="CompletionWebhook">Where the end of every run is told, without the values of its query; sent back like this it stays as it is.</param>
sealed record FlowView(Guid Id, string Name, string Description, string? EndpointName, IReadOnlyList<string> Tags, bool Enabled, string Access,
    FlowLimitsView Limits, string? CompletionWebhook, int DraftRevision, int? LiveVersion,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, JsonElement Document)
{
    public static FlowView Of(Flow flow) => new(flow.Id, flow.Name, flow.Description, flow.EndpointName, flow.Tags, flow.Enabled,
        WebhookAccessNames.Of(flow.WebhookAccess), FlowLimitsView.Of(flow.Limits),
        flow.CompletionWebhook is { } webhook ? CallbackUrl.Redact(webhook) : null, flow.DraftRevision, flow.LiveVersion, flow.CreatedAt, flow.UpdatedAt, FlowWords.Json(flow.Draft));
}

/// <summary>A flow as lists show it.</summary>
sealed record FlowSummary(Guid Id, string Name, string Description, string? EndpointName, IReadOnlyList<string> Tags, bool Enabled, string Access,
    int DraftRevision, int? LiveVersion, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>What became of the file that it was imported from, when that was another program's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImportReport? Import { get; init; }

    public static FlowSummary Of(Flow flow) => new(flow.Id, flow.Name, flow.Description, flow.EndpointName, flow.Tags, flow.Enabled,
        WebhookAccessNames.Of(flow.WebhookAccess), flow.DraftRevision, flow.LiveVersion, flow.CreatedAt, flow.UpdatedAt);

    public static FlowSummary Of(FlowListing flow) => new(flow.Id, flow.Name, flow.Description, flow.EndpointName, flow.Tags, flow.Enabled,
        WebhookAccessNames.Of(flow.WebhookAccess), flow.DraftRevision, flow.LiveVersion, flow.CreatedAt, flow.UpdatedAt);
}

/// <summary>Some of the flows.</summary>
/// <param name="Ids">Their ids or endpoint names.</param>
sealed record FlowChoice(IReadOnlyList<string> Ids);

/// <summary>What may be said when publishing.</summary>
sealed record PublishInput(string? Note);

/// <summary>A published version.</summary>
/// <param name="Hash">SHA-256 of the document: equal content, equal hash.</param>
sealed record FlowVersionView(int? Number, string Hash, string? Note, DateTimeOffset CreatedAt, JsonElement Document)
{
    public static FlowVersionView Of(FlowVersion version) => new(version.Number, version.Hash, version.Note, version.CreatedAt,
        FlowWords.Json(version.Document));
}

/// <summary>A published version as lists show it.</summary>
sealed record FlowVersionSummary(int? Number, string Hash, string? Note, DateTimeOffset CreatedAt)
{
    public static FlowVersionSummary Of(FlowVersion version) => new(version.Number, version.Hash, version.Note, version.CreatedAt);
}

/// <summary>A flow as a file. It holds no secrets: documents have only the names of variables.</summary>
sealed record FlowFile(string Format, int Schema, string Name, string Description, string? EndpointName, IReadOnlyList<string> Tags, string Access,
    FlowLimitsView Limits, JsonElement Document)
{
    public const string FormatName = "flowstudio.flow";
    public const int CurrentSchema = 1;

    public static FlowFile Of(Flow flow) =>
        new(FormatName, CurrentSchema, flow.Name, flow.Description, flow.EndpointName, flow.Tags, WebhookAccessNames.Of(flow.WebhookAccess),
            FlowLimitsView.Of(flow.Limits), FlowWords.Json(flow.Draft));
}

/// <summary>The token that opens a flow's webhook.</summary>
sealed record WebhookTokenView(string Token);

/// <summary>The secret that calls of a flow's webhook are signed with.</summary>
sealed record WebhookSigningSecretView(string Secret);

/// <summary>A variable; its value is never shown.</summary>
/// <param name="Kind"><c>secret</c> or <c>generic</c>.</param>
/// <param name="Source"><c>stored</c> or <c>environment</c>.</param>
/// <param name="NeedsEntry">Its value can no longer be decrypted and has to be entered again.</param>
/// <param name="UsedBy">The nodes of drafts that name it.</param>
sealed record VariableView(string Name, string Kind, string Source, DateTimeOffset? UpdatedAt, bool NeedsEntry, IReadOnlyList<VariableUseView> UsedBy)
{
    public static VariableView Of(VariableInfo variable, IEnumerable<VariableUse> usedBy) =>
        new(variable.Name, variable.Kind is VariableKind.Secret ? "secret" : "generic", variable.Source is VariableSource.Stored ? "stored" : "environment",
            variable.UpdatedAt, variable.NeedsEntry, [.. usedBy.Select(VariableUseView.Of)]);
}

/// <summary>Where a variable is named.</summary>
/// <param name="Draft">Whether the flow's draft does.</param>
/// <param name="Live">Whether the published version does that calls run.</param>
sealed record VariableUseView(Guid FlowId, string FlowName, string NodeId, string Field, bool Draft, bool Live)
{
    public static VariableUseView Of(VariableUse use) => new(use.FlowId, use.FlowName, use.NodeId, use.Field, use.Draft, use.Live);
}

/// <summary>A variable's new value.</summary>
/// <param name="Kind"><c>secret</c> (the default) or <c>generic</c>.</param>
sealed record VariableInput(string Value, string? Kind);

/// <summary>A component: all that the editor knows of it.</summary>
/// <param name="Effects"><c>pure</c> or <c>external</c>.</param>
/// <param name="Timeout">Seconds one attempt may take; null: no limit of its own.</param>
/// <param name="Icon">Where its icon (SVG) is.</param>
sealed record ComponentView(string Type, string Title, string Category, string Summary, string Effects, bool IsTrigger, bool IsOutput, double? Timeout,
    string Icon, IReadOnlyList<InputPortView> Inputs,
    IReadOnlyList<OutputPortView> Outputs, IReadOnlyList<FieldView> Fields)
{
    public static ComponentView Of(ComponentDescriptor c) => new(c.Type, c.Title, FlowWords.Snake(c.Category.ToString()), c.Summary,
        FlowWords.Snake(c.Effects.ToString()), c.IsTrigger, c.IsOutput, c.Timeout?.TotalSeconds,
        $"/v1/components/{c.Type}/icon", [.. c.Inputs.Select(InputPortView.Of)], [.. c.Outputs.Select(OutputPortView.Of)], [.. c.Fields.Select(FieldView.Of)]);
}

/// <summary>Where values enter a node.</summary>
/// <param name="Accepts">The types it takes; the first is its own.</param>
/// <param name="Many">Takes any number of edges and holds a list.</param>
sealed record InputPortView(string Name, string Title, IReadOnlyList<string> Accepts, bool Many, bool Required, string Help)
{
    public static InputPortView Of(InputPort port) => new(port.Name, port.Title, [.. port.Accepts.Select(t => t.ToString())], port.Many, port.Required,
        port.Help);
}

/// <summary>Where values leave a node.</summary>
sealed record OutputPortView(string Name, string Title, string Type, string Help)
{
    public static OutputPortView Of(OutputPort port) => new(port.Name, port.Title, port.Type.ToString(), port.Help);
}

/// <summary>A setting of a component.</summary>
/// <param name="Kind"><c>text</c>, <c>multiline</c>, <c>template</c>, <c>number</c>, <c>integer</c>, <c>switch</c>, <c>choice</c>, <c>choices</c> (some of them),
/// <c>secret</c>, <c>key_values</c>, <c>json</c> or <c>files</c>.</param>
/// <param name="Default">The value of a node that says nothing.</param>
/// <param name="ShownWhen">Shown only while another field has one of these values.</param>
sealed record FieldView(string Name, string Title, string Kind, string Help, JsonElement Default, bool Required, bool Advanced, IReadOnlyList<string> Choices,
    double? Min, double? Max, string? Unit, string? Placeholder,
    ShownWhenView? ShownWhen)
{
    public static FieldView Of(Field field) => new(field.Name, field.Title, FlowWords.Snake(field.Kind.ToString()), field.Help, field.DefaultValue,
        field.Required, field.Advanced, field.Choices, field.Min, field.Max,
        field.Unit, field.Placeholder, field.ShownWhen is { } when ? new(when.Field, when.Values) : null);
}

/// <summary>When a field is shown.</summary>
sealed record ShownWhenView(string Field, IReadOnlyList<string> Values);

/// <summary>A request bin.</summary>
/// <param name="Count">Requests it holds; 100 at most.</param>
sealed record BinView(string Name, DateTimeOffset LastAt, int Count)
{
    public static BinView Of(BinSummary bin) => new(bin.Bin, bin.LastAt, bin.Count);
}

/// <summary>A request that a bin caught. Values of credentials are not kept.</summary>
/// <param name="Body">The body when it is text; null when it is not.</param>
/// <param name="BodyBase64">The body when it is not text.</param>
/// <param name="Size">Bytes of the body.</param>
sealed record BinRequestView(Guid Id, DateTimeOffset At, string Method, string Path, string Query, IReadOnlyList<HeaderView> Headers, string? ContentType,
    string? Body,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? BodyBase64, int Size)
{
    public static BinRequestView Of(BinRequest request)
    {
        var isText = System.Text.Unicode.Utf8.IsValid(request.Body);
        return new(request.Id, request.At, request.Method, request.Path, request.Query, [.. request.Headers.Select(h => new HeaderView(h.Key, h.Value))],
            request.ContentType,
            isText ? System.Text.Encoding.UTF8.GetString(request.Body) : null, isText ? null : Convert.ToBase64String(request.Body), request.Body.Length);
    }
}

/// <summary>A header as it came.</summary>
sealed record HeaderView(string Name, string Value);

/// <summary>What a bin answers.</summary>
sealed record BinCatch(bool Ok, Guid Id);

static class FlowWords
{
    public static JsonElement Json(FlowDocument document) => JsonText.Parse(FlowJson.ToUtf8(document));

    public static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
