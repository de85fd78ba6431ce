using System.Buffers.Text;
using System.Text;

namespace FlowStudio.Engine.Storage;

/// <summary>Where the next page of a list begins: opaque to callers, safe in URLs.</summary>
static class PageCursor
{
    public static string Of(Guid id) => Base64Url.EncodeToString(GuidBytes.Of(id));

    public static string Of(Guid id, string text) => Base64Url.EncodeToString([.. GuidBytes.Of(id), .. Encoding.UTF8.GetBytes(text)]);

    /// <exception cref="FormatException">It is not one of ours.</exception>
    public static (Guid Id, string Text) Read(string cursor)
    {
        byte[] bytes;
        try
        {
            bytes = Base64Url.DecodeFromChars(cursor);
        }
        catch (FormatException e)
        {
            throw Unknown(cursor, e);
        }
        return bytes.Length >= 16 ? (GuidBytes.Read(bytes[..16]), Encoding.UTF8.GetString(bytes.AsSpan(16))) : throw Unknown(cursor, inner: null);
    }

    static FormatException Unknown(string cursor, Exception? inner) =>
        new($"The cursor '{(cursor.Length > 64 ? cursor[..64] + "…" : cursor)}' is none that a page gave. Start without one.", inner);
}
