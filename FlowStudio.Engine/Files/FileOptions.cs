namespace FlowStudio.Engine.Files;

/// <summary>Files that people upload and flows keep: <c>FlowStudio:Files</c>.</summary>
public sealed class FileOptions
{
    /// <summary>The largest file, in bytes. Default 64 MiB; 1 KiB to 1 GiB.</summary>
    public long MaxBytes { get; set; } = 64 * 1024 * 1024;

    internal IEnumerable<string> Validate() => ((string?[])
    [
        EngineOptions.OutOfRange("Files:MaxBytes", MaxBytes, 1024, 1024L * 1024 * 1024, "bytes"),
    ]).OfType<string>();
}
