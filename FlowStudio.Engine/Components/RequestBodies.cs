using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlowStudio.Engine.Files;

namespace FlowStudio.Engine.Components;

/// <summary>Fields of a form as <c>application/x-www-form-urlencoded</c>.</summary>
static class FormEncoding
{
    public const string ContentType = "application/x-www-form-urlencoded";

    public static string Pair(string name, string value) => $"{Uri.EscapeDataString(name)}={Uri.EscapeDataString(value)}";

    public static byte[] Of(IEnumerable<KeyValuePair<string, JsonElement>> fields) =>
        Encoding.UTF8.GetBytes(string.Join('&', fields.Select(f => Pair(f.Key, JsonText.Of(f.Value)))));

    /// <summary>The fields in a value: the members of an object, a list among them once per item; or rows of key and value. Null when it is neither.</summary>
    public static List<KeyValuePair<string, JsonElement>>? Fields(JsonElement value)
    {
        var fields = new List<KeyValuePair<string, JsonElement>>();
        if (value.ValueKind is JsonValueKind.Object)
        {
            foreach (var member in value.EnumerateObject())
                Add(member.Name, member.Value);
            return fields;
        }
        if (value.ValueKind is not JsonValueKind.Array)
            return null;
        foreach (var row in value.EnumerateArray())
        {
            if (row.ValueKind is not JsonValueKind.Object || !row.TryGetProperty("key", out var key) || key.ValueKind is not JsonValueKind.String)
                return null;
            Add(key.GetString() ?? "", row.TryGetProperty("value", out var cell) ? cell : JsonText.EmptyText);
        }
        return fields;

        void Add(string name, JsonElement content)
        {
            if (content.ValueKind is JsonValueKind.Array)
                fields.AddRange(content.EnumerateArray().Select(item => KeyValuePair.Create(name, item)));
            else if (content.ValueKind is not JsonValueKind.Null)
                fields.Add(new(name, content));
        }
    }
}

/// <summary>A form with files: <c>multipart/form-data</c> (RFC 7578).</summary>
sealed class MultipartBody(string boundary) : IDisposable
{
    readonly MemoryStream body = new();

    public string ContentType { get; } = "multipart/form-data; boundary=" + boundary;

    /// <summary>A boundary that nobody else's text has in it: whoever writes a field does not know the run's key.</summary>
    public static MultipartBody For(string key) => new("flowstudio-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 16)));

    public void Add(string name, string value)
    {
        Write($"--{boundary}\r\nContent-Disposition: form-data; name=\"{Quoted(name)}\"\r\n\r\n");
        Write(value);
        Write("\r\n");
    }

    public void Add(string name, StoredFile file, byte[] content)
    {
        Write($"--{boundary}\r\nContent-Disposition: form-data; name=\"{Quoted(name)}\"; filename=\"{Quoted(file.Name)}\"\r\nContent-Type: {file.ContentType}\r\n\r\n");
        body.Write(content);
        Write("\r\n");
    }

    public byte[] ToArray()
    {
        Write($"--{boundary}--\r\n");
        return body.ToArray();
    }

    public void Dispose() => body.Dispose();

    void Write(string text) => body.Write(Encoding.UTF8.GetBytes(text));

    /// <summary>As browsers do it: what would end the header's value is percent-encoded.</summary>
    static string Quoted(string text) =>
        text.Replace("\"", "%22", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);
}

/// <summary>Makes the body of an API Request from what is connected or set.</summary>
/// <param name="maxBytes">What the files of one call may have together.</param>
sealed class RequestBodies(IFileStore files, long maxBytes)
{
    const string JsonType = "application/json";
    const string TextType = "text/plain; charset=utf-8";

    /// <summary>JSON as JSON, another text as it is, as the value itself suggests.</summary>
    public static (ReadOnlyMemory<byte> Body, string Type) Auto(JsonElement value)
    {
        if (value.ValueKind is not JsonValueKind.String)
            return (JsonText.Utf8(value).ToArray(), JsonType);
        var text = Encoding.UTF8.GetBytes(value.GetString() ?? "");
        // A text that is JSON, such as a model's answer or what was typed as the body, is meant as such.
        var isJson = text.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..] && JsonCheck.TryParse(text, out _, out _);
        return (text, isJson ? JsonType : TextType);
    }

    public static (ReadOnlyMemory<byte> Body, string Type) Json(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.String && JsonCheck.TryParse(Encoding.UTF8.GetBytes(value.GetString() ?? ""), out var parsed, out _))
            value = parsed;
        return (JsonText.Utf8(value).ToArray(), JsonType);
    }

    public static (ReadOnlyMemory<byte> Body, string Type) Text(JsonElement value) => (Encoding.UTF8.GetBytes(JsonText.Of(value)), TextType);

    /// <summary>A text is sent as it is: it may be a form already.</summary>
    public static (ReadOnlyMemory<byte> Body, string Type) Form(NodeContext node, JsonElement value) => value.ValueKind is JsonValueKind.String
        ? (Encoding.UTF8.GetBytes(value.GetString() ?? ""), FormEncoding.ContentType)
        : (FormEncoding.Of(FormEncoding.Fields(value) ?? throw NoFields(node)), FormEncoding.ContentType);

    public async Task<(ReadOnlyMemory<byte> Body, string Type)> MultipartAsync(NodeContext node, JsonElement value, CancellationToken cancellationToken)
    {
        using var body = MultipartBody.For(node.IdempotencyKey);
        var left = maxBytes;
        foreach (var (name, content) in FormEncoding.Fields(value) ?? throw NoFields(node))
        {
            if (FileOf(content) is not { } id)
            {
                body.Add(name, JsonText.Of(content));
                continue;
            }
            var file = await files.FindAsync(node, id, cancellationToken);
            left -= file.Size;
            if (left < 0)
                throw TooLarge(node);
            body.Add(name, file, await files.ReadAsync(node, file, cancellationToken));
        }
        return (body.ToArray(), body.ContentType);
    }

    public async Task<(ReadOnlyMemory<byte> Body, string Type)> FileAsync(NodeContext node, IReadOnlyList<Guid>? ids, CancellationToken cancellationToken)
    {
        if (ids is not [var id])
        {
            throw new NodeException("missing_file", $"{node.Node.Label}: the body is to be one file, but {(ids is null ? "what came in names none" : $"{ids.Count} are named")}.",
                "Choose one file, or connect one to the body; for several set Body type to multipart.");
        }
        var file = await files.FindAsync(node, id, cancellationToken);
        if (file.Size > maxBytes)
            throw TooLarge(node);
        return (await files.ReadAsync(node, file, cancellationToken), file.ContentType);
    }

    /// <summary>A reference to a file, or the text <c>@</c> and its id, as rows of a form can hold it.</summary>
    static Guid? FileOf(JsonElement content)
    {
        if (FileReference.TryReadObject(content, out var id))
            return id;
        return content.ValueKind is JsonValueKind.String && content.GetString() is ['@', .. var rest] && Guid.TryParse(rest, CultureInfo.InvariantCulture, out id) ? id : null;
    }

    NodeException TooLarge(NodeContext node) => new("files_too_large",
        string.Create(CultureInfo.InvariantCulture, $"{node.Node.Label}: the files to send are larger than {maxBytes:N0} bytes (setting FlowStudio:Files:MaxBytes)."),
        "Send smaller ones, or fewer at once.");

    static NodeException NoFields(NodeContext node) => new("invalid_form", $"{node.Node.Label}: the body is to be a form, but it is no object and no list of rows.",
        "Connect Data whose members are the form's fields, or fill in the rows.");
}
