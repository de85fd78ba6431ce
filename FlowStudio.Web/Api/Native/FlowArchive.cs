using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using FlowStudio.Engine.Flows;
using FlowStudio.Web.Api.Json;

namespace FlowStudio.Web.Api.Native;

/// <summary>Many flows' files as one zip.</summary>
static class FlowArchive
{
    public const string MediaType = "application/zip";

    /// <summary>Whether a content type says that the body is a zip; Windows has a name of its own for it.</summary>
    public static bool IsZip(string? contentType) =>
        contentType?.Split(';')[0].Trim().ToLowerInvariant() is MediaType or "application/x-zip-compressed";

    /// <summary>Writes the flows' files into a zip; equal names get a number.</summary>
    public static async Task WriteAsync(Stream output, IEnumerable<Flow> flows, CancellationToken cancellationToken)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        await using var zip = await ZipArchive.CreateAsync(output, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        foreach (var flow in flows)
        {
            var entry = zip.CreateEntry(Free(Stem(flow), taken) + ".flow.json", CompressionLevel.Fastest);
            entry.LastWriteTime = flow.UpdatedAt;
            await using var file = await entry.OpenAsync(cancellationToken);
            await JsonSerializer.SerializeAsync(file, FlowFile.Of(flow), ApiJson.Relaxed.FlowFile, cancellationToken);
        }
    }

    /// <summary>Letters, digits, <c>-</c> and <c>_</c> only: it goes into headers and onto disks.</summary>
    public static string Stem(Flow flow)
    {
        var name = string.Concat((flow.EndpointName ?? flow.Name).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '-')).Trim('-');
        return name.Length is > 0 and <= 80 ? name : flow.Id.ToString();
    }

    static string Free(string stem, HashSet<string> taken)
    {
        var free = stem;
        for (var i = 2; !taken.Add(free); i++)
            free = string.Create(CultureInfo.InvariantCulture, $"{stem}-{i}");
        return free;
    }
}
