using System.Globalization;
using System.Text.Json;
using FlowStudio.Engine.Files;
using FlowStudio.Engine.Flows;
using FlowStudio.Engine.Runs;

namespace FlowStudio.Engine.Components;

/// <summary>Reads uploaded files: as text, as JSON, or as a table.</summary>
public sealed class FileReader(IFileStore files) : IComponent
{
    const string Auto = "auto", AsText = "text", AsData = "data", AsTable = "table";

    /// <summary>Bytes that one node reads. More could hardly be passed on: what a node gives is JSON of 16 MiB at most, unless the server allows more.</summary>
    internal const long MaxReadBytes = 32 * 1024 * 1024;

    static readonly InputPort Given = new("file_path", PortType.Data, PortType.Message, PortType.Table)
    {
        Title = "File",
        Help = "A file that API Request saved, or a file's id, or a list of these; goes before the setting.",
    };

    static readonly FilesField Chosen = Field.Files("path", "The files to read, as they were uploaded.") with { Title = "Files" };

    static readonly TextField As = Field.Choice("as",
        "auto: CSV becomes a table, JSON is taken apart, the rest is text. text: as it stands. data: JSON. table: CSV, or a JSON list.",
        Auto, AsText, AsData, AsTable) with
    {
        Title = "Read as",
    };

    static readonly TextField Separator = Field.Text("separator", "Stands between the texts of several files.").Default("\n\n") with { Advanced = true };

    static readonly OutputPort Message = new("message", PortType.Message) { Title = "Text", Help = "What stands in the files." };
    static readonly OutputPort Data = new("data", PortType.Data) { Title = "Data", Help = "The JSON of the file, or name and text; a list when there are several." };
    static readonly OutputPort Rows = new("dataframe", PortType.Table) { Title = "Table", Help = "The rows of tables and JSON lists; a text is one row." };

    public static ComponentDescriptor Descriptor { get; } =
        new("File", "File", Category.Data, Effects.External, "Reads uploaded files: text, Markdown, CSV, JSON and JSON Lines.")
        {
            Inputs = [Given],
            Fields = [Chosen, As, Separator],
            Outputs = [Message, Data, Rows],
            Highlights = ["path"],
        };

    public async ValueTask<NodeResult> ExecuteAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var (readAs, separator) = (node.Get(As), node.Get(Separator));
        var found = await FindAsync(node, cancellationToken);
        var texts = new List<string>(found.Count);
        var data = new List<JsonElement>(found.Count);
        var rows = new List<JsonElement>();
        foreach (var file in found)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var text = FileText.Decode(await files.ReadAsync(node, file, cancellationToken), file, node.Node.Label);
            texts.Add(text);
            if (!node.Wants(Data) && !node.Wants(Rows))
                continue;
            var content = FileContent.Of(file, text, Shape(readAs, file), warning => node.Log(LogLevelName.Warning, $"{file.Name}: {warning}"), node.Node.Label);
            data.Add(content.Data);
            rows.AddRange(content.Rows);
        }
        node.Log(string.Create(CultureInfo.InvariantCulture, $"Read {string.Join(", ", found.Select(f => f.Name).Take(10))}: {found.Sum(f => f.Size):N0} bytes."));
        var outputs = new List<PortValue>(3) { new(Message.Name, JsonText.Element(string.Join(separator, texts))) };
        if (node.Wants(Data))
            outputs.Add(new(Data.Name, data is [var single] ? single : FileContent.List(data)));
        if (node.Wants(Rows))
            outputs.Add(new(Rows.Name, FileContent.List(rows)));
        return NodeResult.Of(outputs);
    }

    async Task<IReadOnlyList<StoredFile>> FindAsync(NodeContext node, CancellationToken cancellationToken)
    {
        var ids = node.Get(Chosen);
        if (node.Input(Given) is { } given)
        {
            ids = FileReference.ReadAll(given) ?? throw new NodeException("not_a_file", $"{node.Node.Label}: what came in names no file.",
                "Connect an API Request that saves its answer as a file, or give a file's id.");
        }
        if (ids.Count == 0)
            throw new NodeException("missing_file", $"{node.Node.Label}: no file is chosen.", "Choose files in the node's settings, or connect the input File.");
        var found = new List<StoredFile>(ids.Count);
        foreach (var id in ids)
            found.Add(await files.FindAsync(node, id, cancellationToken));
        if (found.Sum(f => f.Size) is > MaxReadBytes and var size)
        {
            throw new NodeException("files_too_large",
                string.Create(CultureInfo.InvariantCulture, $"{node.Node.Label}: the files have {size:N0} bytes; {MaxReadBytes:N0} are the most that one step reads."),
                "Split them, or send them whole with API Request (Body type: file).");
        }
        return found;
    }

    static FileShape Shape(string readAs, StoredFile file) => readAs switch
    {
        AsText => FileShape.Text,
        AsData => FileShape.Json,
        AsTable => FileContent.ShapeOf(file) is FileShape.Text ? FileShape.Csv : FileContent.ShapeOf(file),
        _ => FileContent.ShapeOf(file),
    };
}
