using System.Buffers;
using System.Reflection;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Web.Api.Json;
using Microsoft.AspNetCore.Http.Metadata;

namespace FlowStudio.Web.Api.Native;

/// <summary>Files of flows as the import takes them: JSON, or a zip of JSON files.</summary>
/// <param name="Files">What was sent, each with its name in the zip; a JSON body has none.</param>
sealed record FlowUpload(IReadOnlyList<(string? Name, JsonElement Json)> Files) : IEndpointParameterMetadataProvider
{
    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => builder.Metadata.Add(new JsonBodyType(typeof(FlowFile)));

    /// <exception cref="ApiException">The body is neither, or too large, or cannot be kept.</exception>
    public static async ValueTask<FlowUpload> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        if (!FlowArchive.IsZip(context.Request.ContentType))
            return new([(null, (await JsonBody<FlowFile>.BindAsync(context, parameter)).Required)]);
        var limit = context.RequestServices.GetRequiredService<EngineOptions>().Intake.MaxBodyBytes;
        var body = await RequestBody.ReadAsync(context, limit);
        byte[] bytes;
        try
        {
            bytes = body.ToArray();
        }
        finally
        {
            RequestBody.Done(context, body);
        }
        var files = await FlowZip.ReadAsync(bytes, limit, context.RequestAborted);
        return new([.. files.Select(f => ((string?)f.Name, f.Json))]);
    }
}
