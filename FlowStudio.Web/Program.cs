using FlowStudio.Web;

return await StudioApplication.RunAsync(args);
