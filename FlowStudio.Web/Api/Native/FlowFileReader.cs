using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Api.Native;

/// <summary>Reads a flow's file in FlowStudio's own format.</summary>
static class FlowFileReader
{
    /// <summary>The flow, not yet stored.</summary>
    /// <exception cref="ApiException">It is no such file, or something in it is wrong; the message has it all.</exception>
    public static Flow Read(JsonElement file, Guid id)
    {
        if (file.ValueKind is not JsonValueKind.Object || !file.TryGetProperty("format", out var format) || format.ValueKind is not JsonValueKind.String
            || format.GetString() != FlowFile.FormatName)
            throw ApiException.BadRequest("unknown_format", $"That is not a file of a flow: a flow's file is an object whose format is {FlowFile.FormatName}.");
        if (!file.TryGetProperty("schema", out var schema) || schema.ValueKind is not JsonValueKind.Number || !schema.TryGetInt32(out var number)
            || number != FlowFile.CurrentSchema)
            throw ApiException.BadRequest("unknown_schema",
                $"The file's schema is not {FlowFile.CurrentSchema}, which is what this program reads. Update FlowStudio, or export the flow again.");
        if (!file.TryGetProperty("document", out _))
            throw ApiException.BadRequest("invalid_body", "The file has no document.");
        return FlowFields.Apply(file, new Flow { Id = id, Name = "", Draft = new FlowDocument() }, isNew: true);
    }
}
