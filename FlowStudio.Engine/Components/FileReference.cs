using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine.Files;

namespace FlowStudio.Engine.Components;

/// <summary>
/// How values name files: <c>{"file_id","name","content_type","size"}</c>, of which the id is enough; also as the member <c>file</c> of an answer that
/// API Request saved, or as a text that is nothing but an id.
/// </summary>
static class FileReference
{
    /// <summary>The reference to a file as JSON.</summary>
    public static void Write(Utf8JsonWriter writer, StoredFile file)
    {
        writer.WriteStartObject();
        writer.WriteString("file_id"u8, file.Id);
        writer.WriteString("name"u8, file.Name);
        writer.WriteString("content_type"u8, file.ContentType);
        writer.WriteNumber("size"u8, file.Size);
        writer.WriteEndObject();
    }

    /// <summary>Whether the value is a reference by itself: an object with a file's id, or one with such an object as <c>file</c>.</summary>
    public static bool TryReadObject(JsonElement value, out Guid id)
    {
        id = Guid.Empty;
        if (value.ValueKind is not JsonValueKind.Object)
            return false;
        if (value.TryGetProperty("file_id", out var own))
            return own.ValueKind is JsonValueKind.String && own.TryGetGuid(out id);
        return value.TryGetProperty("file", out var inner) && TryReadObject(inner, out id);
    }

    /// <summary>The ids in a value: a reference, a text with an id, or a list of such. Null when something else is among them.</summary>
    public static IReadOnlyList<Guid>? ReadAll(JsonElement value)
    {
        var ids = new List<Guid>();
        return Add(value) ? ids : null;

        bool Add(JsonElement item)
        {
            if (item.ValueKind is JsonValueKind.Array)
                return item.EnumerateArray().All(Add);
            if (!TryReadObject(item, out var id) && !Guid.TryParse(JsonText.OfMessage(item).Trim(), CultureInfo.InvariantCulture, out id))
                return false;
            ids.Add(id);
            return true;
        }
    }

    /// <summary>What is known of a file that a node names.</summary>
    /// <exception cref="NodeException">There is none.</exception>
    public static async Task<StoredFile> FindAsync(this IFileStore files, NodeContext node, Guid id, CancellationToken cancellationToken) =>
        await files.FindAsync(id, cancellationToken) ?? throw Missing(node, id);

    /// <summary>All bytes of a file; the caller has looked at its size.</summary>
    /// <exception cref="NodeException">The file was deleted meanwhile.</exception>
    public static async Task<byte[]> ReadAsync(this IFileStore files, NodeContext node, StoredFile file, CancellationToken cancellationToken)
    {
        await using var stream = files.OpenRead(file.Id) ?? throw Missing(node, file.Id);
        var bytes = new byte[file.Size];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    static NodeException Missing(NodeContext node, Guid id) =>
        new("file_not_found", $"{node.Node.Label}: there is no file {id}.", "Upload it again (POST /v1/files) and choose it anew; it may have been deleted.");
}
