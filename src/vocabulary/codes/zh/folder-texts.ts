/** folder-codes.ts, in Chinese. */
import type { folderCodes } from "../folder-codes.ts";
import type { Texts } from "./text.ts";

export const folderTexts: Texts<keyof typeof folderCodes> = {
  DiskFailed: { means: "文件系统出错", advice: "查看系统日志中关于该磁盘的记录" },
  DiskFull: {
    means: "磁盘已满，或配额已用完",
    advice: "腾出空间，然后用 cos-originals resume 让任务继续",
  },
  FolderObstructed: {
    means: "对象应在的位置上有一个不属于本工具的文件、文件夹或链接",
    advice: "移走消息中指出的那一项",
  },
  FolderReadOnly: {
    means: "文件系统以只读方式挂载",
    advice: "改为可写挂载，然后用 cos-originals resume 让任务继续",
  },
  NetworkFolder: {
    means: "该文件夹位于网络文件系统上，而网络文件系统不保证刚写入的内容能被列出",
    advice: "改用本机磁盘上的文件夹，或归档到对象存储",
  },
};
