using FlowStudio.Engine.Journal;
using FlowStudio.Web.Configuration;

namespace FlowStudio.Web.Security;

/// <summary>The data directory as the host uses it: made when missing, closed to other users.</summary>
sealed class DataFolder
{
    const UnixFileMode OwnerFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <exception cref="StartException">The folder cannot be made or written to.</exception>
    public DataFolder(string path)
    {
        try
        {
            Path = System.IO.Path.GetFullPath(path);
            Keys = System.IO.Path.Combine(Path, "keys");
            Make(Path);
            Make(Keys);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(Keys, OwnerFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new StartException(StartException.Storage,
                [$"The data directory '{path}' cannot be used: {e.Message} Set FlowStudio:DataDirectory to a folder that the server may write to."]);
        }
    }

    public string Path { get; }

    /// <summary>What must stay on this machine: the keys that seal secrets, the access token.</summary>
    public string Keys { get; }

    /// <summary>The text of a file in <see cref="Keys"/>; when there is none, <paramref name="make"/> gives it and it is kept (mode 0600).</summary>
    /// <exception cref="StorageException">The file cannot be read or written.</exception>
    public (string Text, bool Made) KeepSecret(string name, Func<string> make)
    {
        var file = System.IO.Path.Combine(Keys, name);
        try
        {
            if (File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } kept)
                return (kept, false);
            var text = make();
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = OwnerFile;
            using var writer = new StreamWriter(file, options);
            writer.WriteLine(text);
            return (text, true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException("storage_failed", $"The file '{file}' cannot be read or written: {e.Message}", e);
        }
    }

    static void Make(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerFolder);
    }
}
