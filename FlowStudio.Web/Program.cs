using FlowStudio.Web;

await StudioApplication.RunAsync(args);
