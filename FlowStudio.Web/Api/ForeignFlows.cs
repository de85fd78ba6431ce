using System.Text.Json;
using FlowStudio.Engine.Flows;

namespace FlowStudio.Web.Api;

/// <summary>A flow read from another program's file, not yet stored, and what became of what was in the file.</summary>
public sealed record ForeignFlow(Flow Flow, ImportReport Report);

/// <summary>What an import made of a file: what was taken over, what keeps its place only, and what is left to do.</summary>
/// <param name="Source">The program whose file it was.</param>
/// <param name="Mapped">Nodes that run here.</param>
/// <param name="Placeholders">Nodes whose component does not exist here.</param>
/// <param name="Notes">What was not taken over as it was, and what to do, in words.</param>
/// <param name="MissingKeys">Ids of nodes that ask a model whose key is not there; the built-in demo model can take its place.</param>
public sealed record ImportReport(
    string Source,
    IReadOnlyList<ImportedNode> Mapped,
    IReadOnlyList<ImportedNode> Placeholders,
    IReadOnlyList<ImportNote> Notes,
    IReadOnlyList<string> MissingKeys);

/// <summary>A node of the file.</summary>
/// <param name="From">Its type in the file.</param>
/// <param name="To">Its component here.</param>
public sealed record ImportedNode(string NodeId, string Title, string From, string To);

/// <summary>Something that the reader of an import should know.</summary>
/// <param name="NodeId">The node it is about; null for the flow as a whole.</param>
/// <param name="Advice">What to do; empty when there is nothing to do.</param>
public sealed record ImportNote(string? NodeId, string Message, string Advice);

/// <summary>A flow as another program's file.</summary>
/// <param name="Notes">What that program will not know of it, and what to do there.</param>
public sealed record ForeignFile(JsonElement Json, IReadOnlyList<ImportNote> Notes);

/// <summary>Reads flows from the files of another program, and writes them. One per program; the API's import and export and the studio ask each.</summary>
public interface IForeignFlows
{
    /// <summary>The program's name.</summary>
    string Program { get; }

    /// <summary>The flow's draft as this program's file. An import that was not changed is the same file again.</summary>
    ForeignFile Write(Flow flow);

    /// <summary>Whether a file looks like one of this program's.</summary>
    bool Knows(JsonElement file);

    /// <summary>The flow of a file.</summary>
    /// <param name="demoModel">Nodes that lack a key of their model's service ask the built-in demo model instead.</param>
    /// <exception cref="ForeignFlowException">It is no such file, or holds no flow.</exception>
    ForeignFlow Read(JsonElement file, Guid id, bool demoModel);

    /// <summary>What became of the file that a flow was imported from, with what is missing now; null when it came from elsewhere.</summary>
    ImportReport? ReportOf(Flow flow);

    /// <summary>The document with the demo model in place of models whose key is missing.</summary>
    FlowDocument WithDemoModel(FlowDocument document);
}

/// <summary>A file that holds no flow; the message says why, and what to do.</summary>
public sealed class ForeignFlowException(string message) : Exception(message);
