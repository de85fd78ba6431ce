using System.IO.Compression;
using System.Text.Json;
using FlowStudio.Engine;
using FlowStudio.Web.Api.Json;

namespace FlowStudio.Web.Api;

/// <summary>Reads files of flows from a zip.</summary>
static class FlowZip
{
    /// <summary>Files of a zip that is read.</summary>
    public const int MaxEntries = 1000;

    /// <summary>The JSON files of a zip with their names; what systems put in beside them (folders, __MACOSX, .DS_Store) is passed over.</summary>
    /// <param name="maxBytes">All files unpacked, together. What their headers claim is not trusted: bytes are counted as they come.</param>
    /// <exception cref="ApiException">It is no zip, has too much in it, or something that is no JSON.</exception>
    public static async Task<List<(string Name, JsonElement Json)>> ReadAsync(byte[] bytes, long maxBytes, CancellationToken cancellationToken)
    {
        try
        {
            using var stream = new MemoryStream(bytes, writable: false);
            await using var zip = await ZipArchive.CreateAsync(stream, ZipArchiveMode.Read, leaveOpen: true, entryNameEncoding: null, cancellationToken);
            if (zip.Entries.Count > MaxEntries)
                throw ApiException.BadRequest("too_many_files", $"The zip has {zip.Entries.Count} files; {MaxEntries} are the most.");
            var files = new List<(string, JsonElement)>();
            var left = maxBytes;
            foreach (var entry in zip.Entries.Where(e => !IsClutter(e)))
            {
                if (!entry.Name.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
                    throw ApiException.BadRequest("not_json", $"The zip has {Shown(entry.FullName)}, which is no JSON file. Leave only files of flows in it.");
                var content = await UnpackAsync(entry, left, maxBytes, cancellationToken);
                left -= content.Length;
                var flaw = JsonIntake.Read(new(content), out var json);
                if (flaw is not JsonFlaw.None)
                    throw ApiException.BadRequest(JsonIntake.Code(flaw), $"{Shown(entry.FullName)} in the zip: {JsonIntake.Words(flaw)}");
                files.Add((Shown(entry.FullName), json));
            }
            return files.Count > 0 ? files : throw ApiException.BadRequest("empty_zip", "The zip has no file of a flow in it.");
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or NotSupportedException)
        {
            throw ApiException.BadRequest("invalid_zip", $"The zip cannot be read: {e.Message} Pack the files anew, without a password.");
        }
    }

    static async Task<byte[]> UnpackAsync(ZipArchiveEntry entry, long left, long maxBytes, CancellationToken cancellationToken)
    {
        if (entry.IsEncrypted)
            throw new InvalidDataException($"{Shown(entry.FullName)} has a password.");
        using var content = new MemoryStream();
        await using var file = await entry.OpenAsync(cancellationToken);
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await file.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (content.Length + read > left)
                throw new ApiException(StatusCodes.Status413PayloadTooLarge, "zip_too_large",
                    $"The files of the zip have more than {maxBytes} bytes unpacked (setting FlowStudio:Intake:MaxBodyBytes).");
            content.Write(buffer, 0, read);
        }
        return content.ToArray();
    }

    static bool IsClutter(ZipArchiveEntry entry) =>
        entry.Name.Length == 0 || entry.Name[0] == '.' || entry.FullName.StartsWith("__MACOSX/", StringComparison.Ordinal);

    static string Shown(string name) => name.Length > 80 ? name[..80] + "…" : name;
}
