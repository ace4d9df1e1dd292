<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>AboutDialog</name>
    <message>
        <source>About Diptych</source>
        <translation>关于 Diptych</translation>
    </message>
    <message>
        <source>Diptych {0}</source>
        <translation>Diptych {0}</translation>
    </message>
    <message>
        <source>Trains generators of image-text pairs by clicking.
Free software under the Apache License 2.0.</source>
        <translation>点击即可训练图文对生成器。
自由软件，采用 Apache License 2.0 许可。</translation>
    </message>
</context>
<context>
    <name>Actions</name>
    <message>
        <source>&amp;New from a starter…</source>
        <translation>从示例新建(&amp;N)…</translation>
    </message>
    <message>
        <source>&amp;Open run…</source>
        <translation>打开训练(&amp;O)…</translation>
    </message>
    <message>
        <source>&amp;Import dataset…</source>
        <translation>导入数据集(&amp;I)…</translation>
    </message>
    <message>
        <source>&amp;Save gallery…</source>
        <translation>保存画廊(&amp;S)…</translation>
    </message>
    <message>
        <source>&amp;Export run…</source>
        <translation>导出训练(&amp;E)…</translation>
    </message>
    <message>
        <source>Choose &amp;workspace…</source>
        <translation>选择工作区(&amp;W)…</translation>
    </message>
    <message>
        <source>Show workspace &amp;folder</source>
        <translation>打开工作区文件夹(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>E&amp;valuate now</source>
        <translation>立即评估(&amp;V)</translation>
    </message>
    <message>
        <source>Com&amp;pare the selected runs</source>
        <translation>比较所选训练(&amp;R)</translation>
    </message>
    <message>
        <source>S&amp;weep settings…</source>
        <translation>扫描设置(&amp;W)…</translation>
    </message>
    <message>
        <source>&amp;Reset layout</source>
        <translation>恢复默认布局(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Full screen</source>
        <translation>全屏(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Keyboard shortcuts</source>
        <translation>键盘快捷键(&amp;K)</translation>
    </message>
    <message>
        <source>Open &amp;log folder</source>
        <translation>打开日志文件夹(&amp;L)</translation>
    </message>
    <message>
        <source>Save &amp;diagnostic report…</source>
        <translation>保存诊断报告(&amp;D)…</translation>
    </message>
    <message>
        <source>Keep the computer a&amp;wake while training</source>
        <translation>训练时保持电脑唤醒(&amp;W)</translation>
    </message>
    <message>
        <source>&amp;About Diptych</source>
        <translation>关于 Diptych(&amp;A)</translation>
    </message>
    <message>
        <source>Same as the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>训练(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Shown panels</source>
        <translation>显示的面板(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Appearance</source>
        <translation>外观(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
</context>
<context>
    <name>AddRunField</name>
    <message>
        <source>Add a run</source>
        <translation>添加训练</translation>
    </message>
    <message numerus="yes">
        <source>%Ln run(s) are compared at most; remove one first</source>
        <translation>
            <numerusform>最多比较 %Ln 个训练；请先移除一个</numerusform>
        </translation>
    </message>
    <message>
        <source>Type a part of its name, choose it and press Enter</source>
        <translation>输入名称的一部分，选中后按 Enter</translation>
    </message>
</context>
<context>
    <name>AxesMenu</name>
    <message>
        <source>Axes</source>
        <translation>坐标轴</translation>
    </message>
    <message>
        <source>Choose the settings and figures to show</source>
        <translation>选择要显示的设置和指标</translation>
    </message>
</context>
<context>
    <name>Banner</name>
    <message>
        <source>Hide this line</source>
        <translation>隐藏此行</translation>
    </message>
</context>
<context>
    <name>Board</name>
    <message>
        <source>Board of drawn items</source>
        <translation>所生成条目的展板</translation>
    </message>
    <message>
        <source>Play the sound or stop it (Space)</source>
        <translation>播放或停止声音（空格）</translation>
    </message>
</context>
<context>
    <name>BoardBar</name>
    <message>
        <source>Draw new noise for all items that are not locked</source>
        <translation>为所有未锁定的条目抽取新噪声</translation>
    </message>
    <message>
        <source>Number of items</source>
        <translation>条目数</translation>
    </message>
    <message>
        <source>Number of items on the board</source>
        <translation>展板上的条目数</translation>
    </message>
</context>
<context>
    <name>BranchRun</name>
    <message>
        <source>Branch run</source>
        <translation>创建分支</translation>
    </message>
    <message>
        <source>Where the branch begins</source>
        <translation>分支的起点</translation>
    </message>
    <message>
        <source>Checkpoint</source>
        <translation>检查点</translation>
    </message>
    <message>
        <source>Choose settings</source>
        <translation>选择设置</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>{0} has no checkpoint that can be used.</source>
        <translation>{0} 没有可用的检查点。</translation>
    </message>
    <message>
        <source>A new run begins at a checkpoint of {0}, which stays as it is. Its settings then stand in the Run panel, to be changed before you start.</source>
        <translation>新训练从 {0} 的检查点开始，原训练保持不变。其设置会出现在“训练”面板中，开始之前可以更改。</translation>
    </message>
    <message>
        <source>Best {0}: {1} images, {2}</source>
        <translation>最佳 {0}：{1} 张图像，{2}</translation>
    </message>
    <message>
        <source>{0} images, {1}</source>
        <translation>{0} 张图像，{1}</translation>
    </message>
</context>
<context>
    <name>BrowserBar</name>
    <message>
        <source>Search texts</source>
        <translation>搜索文本</translation>
    </message>
    <message>
        <source>Which items to show</source>
        <translation>显示哪些条目</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>筛选</translation>
    </message>
    <message>
        <source>All items</source>
        <translation>全部条目</translation>
    </message>
    <message>
        <source>To train on</source>
        <translation>用于训练</translation>
    </message>
    <message>
        <source>Validation</source>
        <translation>验证集</translation>
    </message>
    <message>
        <source>Without text</source>
        <translation>无文本</translation>
    </message>
    <message>
        <source>Without image</source>
        <translation>无图像</translation>
    </message>
    <message>
        <source>Excluded</source>
        <translation>已排除</translation>
    </message>
    <message>
        <source>Edited</source>
        <translation>已编辑</translation>
    </message>
    <message>
        <source>Tag: {0} ({1})</source>
        <translation>标签：{0}（{1}）</translation>
    </message>
    <message>
        <source>Group: {0} ({1})</source>
        <translation>分组：{0}（{1}）</translation>
    </message>
    <message>
        <source>Items</source>
        <translation>条目</translation>
    </message>
    <message>
        <source>Statistics</source>
        <translation>统计</translation>
    </message>
    <message>
        <source>Find and replace…</source>
        <translation>查找和替换…</translation>
    </message>
    <message>
        <source>Smaller</source>
        <translation>缩小</translation>
    </message>
    <message>
        <source>Larger</source>
        <translation>放大</translation>
    </message>
</context>
<context>
    <name>CheckPage</name>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Issues</source>
        <translation>问题</translation>
    </message>
    <message>
        <source>No issues need a decision.</source>
        <translation>没有发现需要决定的问题。</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>检查</translation>
    </message>
    <message>
        <source>Every file is opened and checked. Decide how to handle the issues.</source>
        <translation>每个文件都会打开查看。请决定如何处理这些问题。</translation>
    </message>
    <message>
        <source>Your files are being checked…</source>
        <translation>正在检查您的文件…</translation>
    </message>
    <message>
        <source>Run the check first.</source>
        <translation>必须先完成检查。</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>正在开始…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Check again</source>
        <translation>重新检查</translation>
    </message>
    <message>
        <source>The check was cancelled.</source>
        <translation>检查已取消。</translation>
    </message>
    <message>
        <source>Will be imported: {0}</source>
        <translation>将导入：{0}</translation>
    </message>
</context>
<context>
    <name>CheckText</name>
    <message>
        <source>All images are {0} × {1} px.</source>
        <translation>所有图像均为 {0} × {1} 像素。</translation>
    </message>
    <message>
        <source>Images from {0} × {1} to {2} × {3} px; most often {4} × {5} ({6}).</source>
        <translation>图像从 {0} × {1} 到 {2} × {3} 像素；最常见的是 {4} × {5}（{6}）。</translation>
    </message>
</context>
<context>
    <name>ChecksController</name>
    <message numerus="yes">
        <source>Examining %Ln item(s)…</source>
        <translation>
            <numerusform>正在检查 %Ln 条…</numerusform>
        </translation>
    </message>
    <message>
        <source>Not examined yet.</source>
        <translation>尚未体检。</translation>
    </message>
    <message>
        <source>Out of date: this was found in {0} before.</source>
        <translation>已过期：这是先前在 {0} 中发现的。</translation>
    </message>
    <message>
        <source>Out of date: items were edited.</source>
        <translation>已过期：条目已编辑。</translation>
    </message>
    <message>
        <source>Not examined: it was cancelled.</source>
        <translation>未体检：已取消。</translation>
    </message>
    <message numerus="yes">
        <source>The doctor found %Ln issue(s)</source>
        <translation>
            <numerusform>体检发现 %Ln 个问题</numerusform>
        </translation>
    </message>
    <message>
        <source>The doctor found no issues.</source>
        <translation>体检没有发现问题。</translation>
    </message>
    <message>
        <source>Nothing is left to repair there.</source>
        <translation>那里已没有可修复的内容。</translation>
    </message>
</context>
<context>
    <name>Closing</name>
    <message>
        <source>Diptych is training. Click to see it.</source>
        <translation>Diptych 正在训练。点击查看。</translation>
    </message>
</context>
<context>
    <name>ColourField</name>
    <message>
        <source>Choose a colour</source>
        <translation>选择颜色</translation>
    </message>
</context>
<context>
    <name>ColumnText</name>
    <message>
        <source>image</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>sound</source>
        <translation>声音</translation>
    </message>
    <message>
        <source>table row</source>
        <translation>表格行</translation>
    </message>
</context>
<context>
    <name>CompareMetrics</name>
    <message>
        <source>Loss: {0}</source>
        <translation>损失：{0}</translation>
    </message>
    <message>
        <source>{0}: {1}</source>
        <translation>{0}：{1}</translation>
    </message>
    <message>
        <source>Training: {0}</source>
        <translation>训练：{0}</translation>
    </message>
</context>
<context>
    <name>ComparePanel</name>
    <message>
        <source>Curves</source>
        <translation>曲线</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>样本</translation>
    </message>
    <message>
        <source>Parallel coordinates</source>
        <translation>平行坐标</translation>
    </message>
    <message>
        <source>No runs to compare yet. Select up to twelve in the Runs panel and press Ctrl+K, or type the name of a run above.</source>
        <translation>还没有可比较的训练。请在“训练列表”面板中选择最多十二个并按 Ctrl+K，或在上方输入训练的名称。</translation>
    </message>
    <message>
        <source>Reading the runs…</source>
        <translation>正在读取训练…</translation>
    </message>
</context>
<context>
    <name>ConfirmDiscard</name>
    <message>
        <source>Stop and discard</source>
        <translation>停止并放弃</translation>
    </message>
    <message>
        <source>Stop without saving?</source>
        <translation>不保存就停止吗？</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Training of {0} ({1} images) since the last checkpoint will be lost.</source>
        <translation>自上一个检查点以来的 {0} 训练（{1} 张图像）将会丢失。</translation>
    </message>
    <message>
        <source>Training of {0} ({1} images) will be lost: nothing was saved yet.</source>
        <translation>{0} 的训练（{1} 张图像）将会丢失：尚未保存任何内容。</translation>
    </message>
    <message>
        <source>Older checkpoints stay.</source>
        <translation>更早的检查点会保留。</translation>
    </message>
</context>
<context>
    <name>ConfirmQuit</name>
    <message>
        <source>Training is under way</source>
        <translation>训练正在进行</translation>
    </message>
    <message>
        <source>Training is still under way. What should happen to it?</source>
        <translation>训练仍在进行。要如何处理？</translation>
    </message>
    <message>
        <source>Keep training hides the window in the system tray and quits when the run ends.</source>
        <translation>“继续训练”会把窗口收进系统托盘，训练结束后自动退出。</translation>
    </message>
    <message>
        <source>Keep training minimises the window and quits when the run ends.</source>
        <translation>“继续训练”会最小化窗口，训练结束后自动退出。</translation>
    </message>
    <message>
        <source>Keep training</source>
        <translation>继续训练</translation>
    </message>
    <message>
        <source>Save and quit</source>
        <translation>保存并退出</translation>
    </message>
    <message>
        <source>A run is paused</source>
        <translation>运行已暂停</translation>
    </message>
    <message>
        <source>The run is paused. Save it and quit?</source>
        <translation>运行已暂停。要保存并退出吗？</translation>
    </message>
    <message>
        <source>It can be resumed the next time Diptych starts.</source>
        <translation>下次启动 Diptych 时可以继续。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>CopyableTable</name>
    <message>
        <source>&amp;Copy</source>
        <translation>复制(&amp;C)</translation>
    </message>
</context>
<context>
    <name>CurvePlot</name>
    <message>
        <source>Show everything</source>
        <translation>显示全部</translation>
    </message>
</context>
<context>
    <name>CurvesPage</name>
    <message>
        <source>Images seen</source>
        <translation>已训练图像数</translation>
    </message>
    <message>
        <source>Time trained</source>
        <translation>训练时间</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步数</translation>
    </message>
    <message>
        <source>What the curves are drawn over</source>
        <translation>曲线的横轴表示什么</translation>
    </message>
    <message>
        <source>Horizontal axis</source>
        <translation>横轴</translation>
    </message>
    <message>
        <source>Log scale</source>
        <translation>对数坐标</translation>
    </message>
    <message>
        <source>Join seeds</source>
        <translation>合并种子</translation>
    </message>
    <message numerus="yes">
        <source>{0}, median of %Ln seed(s)</source>
        <translation>
            <numerusform>{0}，%Ln 个种子的中位数</numerusform>
        </translation>
    </message>
    <message>
        <source>images seen</source>
        <translation>已训练图像数</translation>
    </message>
    <message>
        <source>{0} images</source>
        <translation>{0} 张图像</translation>
    </message>
    <message>
        <source>minutes trained</source>
        <translation>已训练分钟数</translation>
    </message>
    <message>
        <source>{0} min</source>
        <translation>{0} 分钟</translation>
    </message>
    <message>
        <source>steps</source>
        <translation>步</translation>
    </message>
    <message>
        <source>{0} steps</source>
        <translation>{0} 步</translation>
    </message>
    <message>
        <source>Smoothing</source>
        <translation>平滑</translation>
    </message>
    <message>
        <source>Weight of the past in the curves of losses; figures of quality stay as they are</source>
        <translation>损失曲线中历史值的权重；质量指标保持原样</translation>
    </message>
    <message>
        <source>Logarithmic axis; values of zero and below are drawn at its lower edge</source>
        <translation>对数坐标轴；零和负值画在下边缘</translation>
    </message>
    <message>
        <source>Show runs that differ in nothing but their seed as one curve: their median, and a band from the lowest to the highest, as far as all of them have trained</source>
        <translation>将仅种子不同的训练显示为一条曲线：各训练的中位数，以及从最低到最高的区间带，只画到它们都已训练到的位置</translation>
    </message>
    <message>
        <source>Show the whole runs; single outliers may leave the frame</source>
        <translation>显示各个训练的全过程；个别离群值可能超出画面</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>适应</translation>
    </message>
</context>
<context>
    <name>DatasetBrowser</name>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Items of the dataset</source>
        <translation>数据集的条目</translation>
    </message>
    <message>
        <source>No item fits the filter.</source>
        <translation>没有符合筛选条件的条目。</translation>
    </message>
    <message>
        <source>Exclude or include</source>
        <translation>排除或重新纳入</translation>
    </message>
    <message>
        <source>Copy text</source>
        <translation>复制文本</translation>
    </message>
    <message>
        <source>Copy image</source>
        <translation>复制图像</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>全选</translation>
    </message>
    <message>
        <source>Play or stop the sound</source>
        <translation>播放或停止声音</translation>
    </message>
    <message>
        <source>Item {0} of {1}</source>
        <translation>第 {0} 条，共 {1} 条</translation>
    </message>
    <message numerus="yes">
        <source>%Ln items selected</source>
        <translation>
            <numerusform>已选 %Ln 条</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DatasetItems</name>
    <message>
        <source>Item {0}: {1}</source>
        <translation>条目 {0}：{1}</translation>
    </message>
</context>
<context>
    <name>DatasetListView</name>
    <message>
        <source>Datasets</source>
        <translation>数据集</translation>
    </message>
    <message>
        <source>Train on this</source>
        <translation>用它训练</translation>
    </message>
    <message>
        <source>Choose this dataset for the next run</source>
        <translation>为下次运行选用此数据集</translation>
    </message>
    <message>
        <source>Doctor…</source>
        <translation>体检…</translation>
    </message>
    <message>
        <source>Look for damaged, doubled and doubtful items</source>
        <translation>查找损坏、重复和可疑的条目</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Write PNG files and metadata.jsonl, as Hugging Face&apos;s ImageFolder reads them</source>
        <translation>写出 PNG 文件和 metadata.jsonl，Hugging Face 的 ImageFolder 可直接读取</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Show the dataset&apos;s files</source>
        <translation>显示数据集的文件</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>导入…</translation>
    </message>
    <message>
        <source>Make a dataset of your own images and texts</source>
        <translation>用自己的图像和文本制作数据集</translation>
    </message>
</context>
<context>
    <name>DatasetPanel</name>
    <message>
        <source>Re-split…</source>
        <translation>重新划分…</translation>
    </message>
    <message>
        <source>Choose again which items are for validation</source>
        <translation>重新选择哪些条目用于验证</translation>
    </message>
    <message>
        <source>No datasets yet. Import your own images and texts, or train on a starter: its dataset is listed here once it is built.</source>
        <translation>还没有数据集。请导入自己的图像和文本，或用入门数据训练：其数据集建成后会列在这里。</translation>
    </message>
    <message>
        <source>Choose a dataset to look at it.</source>
        <translation>请选择要查看的数据集。</translation>
    </message>
    <message>
        <source>Opening {0}…</source>
        <translation>正在打开 {0}…</translation>
    </message>
    <message>
        <source>Export into folder</source>
        <translation>导出到文件夹</translation>
    </message>
    <message>
        <source>Save as new version ({0})</source>
        <translation>保存为新版本（{0}）</translation>
    </message>
    <message>
        <source>Save as new version</source>
        <translation>保存为新版本</translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) changed; the dataset itself stays as it is</source>
        <translation>
            <numerusform>更改了 %Ln 条；数据集本身保持不变</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{0} of %Ln item(s) shown</source>
        <translation>
            <numerusform>显示 {0} 条，共 %Ln 条</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DesktopIntegration</name>
    <message>
        <source>Save diagnostic report</source>
        <translation>保存诊断报告</translation>
    </message>
    <message>
        <source>ZIP files (*.zip)</source>
        <translation>ZIP 文件 (*.zip)</translation>
    </message>
    <message>
        <source>The report is being written…</source>
        <translation>正在写入报告…</translation>
    </message>
    <message>
        <source>Report saved: {0}. Have a look before you send it.</source>
        <translation>报告已保存：{0}。发送前请先查看一遍。</translation>
    </message>
</context>
<context>
    <name>DirectionControls</name>
    <message>
        <source>Finding the directions…</source>
        <translation>正在查找方向…</translation>
    </message>
    <message>
        <source>Reset all</source>
        <translation>全部重置</translation>
    </message>
    <message>
        <source>Move all sliders to the middle</source>
        <translation>将所有滑块移到中间</translation>
    </message>
    <message>
        <source>This run has no directions.</source>
        <translation>该训练没有方向。</translation>
    </message>
</context>
<context>
    <name>DockArea</name>
    <message>
        <source>Run</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Gallery</source>
        <translation>画廊</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>试玩</translation>
    </message>
    <message>
        <source>Datasets</source>
        <translation>数据集</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>训练列表</translation>
    </message>
    <message>
        <source>Losses</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>质量</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Learn</source>
        <translation>学习</translation>
    </message>
</context>
<context>
    <name>DoctorPane</name>
    <message>
        <source>Doctor</source>
        <translation>体检</translation>
    </message>
    <message>
        <source>Examine again</source>
        <translation>重新体检</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>{0} (repaired)</source>
        <translation>{0}（已修复）</translation>
    </message>
</context>
<context>
    <name>DrawingCanvas</name>
    <message>
        <source>Drawing pad</source>
        <translation>画板</translation>
    </message>
</context>
<context>
    <name>DrawingPad</name>
    <message>
        <source>Draw in {0}</source>
        <translation>用 {0} 绘制</translation>
    </message>
    <message>
        <source>Width of the pen</source>
        <translation>画笔粗细</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>清空</translation>
    </message>
    <message>
        <source>Clear the pad</source>
        <translation>清空画板</translation>
    </message>
</context>
<context>
    <name>DropZone</name>
    <message>
        <source>One folder, archive or table can be dropped at a time. Nothing was taken.</source>
        <translation>一次只能拖入一个文件夹、压缩包或表格。未导入任何内容。</translation>
    </message>
    <message>
        <source>Only folders and files of this computer can be dropped.</source>
        <translation>只能拖入本机的文件夹和文件。</translation>
    </message>
</context>
<context>
    <name>Edits</name>
    <message>
        <source>text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>given value</source>
        <translation>给定值</translation>
    </message>
    <message>
        <source>truncation</source>
        <translation>截断</translation>
    </message>
    <message>
        <source>direction</source>
        <translation>方向</translation>
    </message>
    <message>
        <source>reset directions</source>
        <translation>重置方向</translation>
    </message>
    <message>
        <source>walk</source>
        <translation>漫步</translation>
    </message>
    <message>
        <source>scene</source>
        <translation>场景</translation>
    </message>
    <message>
        <source>more like this</source>
        <translation>更多类似的</translation>
    </message>
    <message>
        <source>new noise</source>
        <translation>新噪声</translation>
    </message>
    <message>
        <source>new plane</source>
        <translation>新平面</translation>
    </message>
    <message>
        <source>number of items</source>
        <translation>条目数</translation>
    </message>
    <message>
        <source>lock</source>
        <translation>锁定</translation>
    </message>
    <message>
        <source>drag</source>
        <translation>拖动</translation>
    </message>
</context>
<context>
    <name>EmptyTrash</name>
    <message>
        <source>Empty trash</source>
        <translation>清空回收站</translation>
    </message>
    <message numerus="yes">
        <source>Delete %Ln run(s) for good?</source>
        <translation>
            <numerusform>永久删除 %Ln 个运行？</numerusform>
        </translation>
    </message>
    <message>
        <source>{0} become free. Checkpoints and images cannot be brought back.</source>
        <translation>将释放 {0}。检查点和图像无法恢复。</translation>
    </message>
    <message>
        <source>Delete for good</source>
        <translation>永久删除</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>Engine</name>
    <message>
        <source>must not exceed the learning rate</source>
        <translation>不得大于学习率</translation>
    </message>
    <message>
        <source>must be at least 2, or 0 to select it automatically: batch statistics need more than one pair</source>
        <translation>必须至少为 2，或为 0 以自动选择：批次统计量需要一个以上的图文对</translation>
    </message>
    <message>
        <source>cannot be combined with a gradient penalty: a compiled network cannot be differentiated twice. Choose spectral-norm or none as the regularizer, or disable compilation</source>
        <translation>不能与梯度惩罚同用：编译后的网络无法二次求导。请将正则项改为谱归一化或“无”，或关闭编译</translation>
    </message>
    <message>
        <source>cannot be combined with a gradient penalty: batch norm makes each output depend on the whole batch, but the penalty is defined per sample</source>
        <translation>不能与梯度惩罚同用：批归一化使每个输出依赖整个批次，而梯度惩罚按单个样本定义</translation>
    </message>
    <message>
        <source>cannot be none with the Wasserstein loss, which needs a discriminator with a bounded gradient. Choose gradient-penalty</source>
        <translation>使用 Wasserstein 损失时不能为“无”：该损失要求判别器的梯度有界。请选择梯度惩罚</translation>
    </message>
    <message>
        <source>can be token-ids only with the hybrid family: the other families generate texts as one-hot vectors</source>
        <translation>仅当模型族为 hybrid 时才能选词元编号：其他模型族以独热向量生成文本</translation>
    </message>
    <message>
        <source>require the word tokenizer</source>
        <translation>需要使用按词切分的分词器</translation>
    </message>
    <message>
        <source>train longer: coverage was still rising ({before:.2f} after {since:,} images, {after:.2f} after {until:,}).</source>
        <translation>训练更久：覆盖率仍在上升（{since:,} 张图像后为 {before:.2f}，{until:,} 张后为 {after:.2f}）。</translation>
    </message>
    <message>
        <source>train longer: match was still rising ({before:.2f} after {since:,} images, {after:.2f} after {until:,}).</source>
        <translation>训练更久：匹配仍在上升（{since:,} 张图像后为 {before:.2f}，{until:,} 张后为 {after:.2f}）。</translation>
    </message>
    <message>
        <source>train longer: coherence was still rising ({before:.2f} after {since:,} images, {after:.2f} after {until:,}).</source>
        <translation>训练更久：一致性仍在上升（{since:,} 张图像后为 {before:.2f}，{until:,} 张后为 {after:.2f}）。</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>Preset that provides the initial values of the other settings.</source>
        <translation>为其他设置提供初始值的预设。</translation>
    </message>
    <message>
        <source>Family</source>
        <translation>模型族</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Random seed. The same seed and settings reproduce a run.</source>
        <translation>随机种子。种子与设置相同即可复现训练。</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时长</translation>
    </message>
    <message>
        <source>Budget of training time. 0 means no limit.</source>
        <translation>训练时间预算。0 表示不限。</translation>
    </message>
    <message>
        <source>min</source>
        <translation>分钟</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像数</translation>
    </message>
    <message>
        <source>Budget of real images to train on, repetitions included. 0 means no limit.</source>
        <translation>用于训练的真实图像数预算，重复计入。0 表示不限。</translation>
    </message>
    <message>
        <source>images</source>
        <translation>张</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>网络结构</translation>
    </message>
    <message>
        <source>Image size</source>
        <translation>图像尺寸</translation>
    </message>
    <message>
        <source>px</source>
        <translation>像素</translation>
    </message>
    <message>
        <source>Latent dimension</source>
        <translation>潜变量维数</translation>
    </message>
    <message>
        <source>Dimension of the latent vector that a pair is generated from.</source>
        <translation>生成一个图文对所用潜变量的维数。</translation>
    </message>
    <message>
        <source>Generator channels</source>
        <translation>生成器通道数</translation>
    </message>
    <message>
        <source>Channels of the generator&apos;s highest-resolution layer. Cost grows with the square.</source>
        <translation>生成器最高分辨率层的通道数。计算量随其平方增长。</translation>
    </message>
    <message>
        <source>channels</source>
        <translation>通道</translation>
    </message>
    <message>
        <source>Discriminator channels</source>
        <translation>判别器通道数</translation>
    </message>
    <message>
        <source>Channels of the discriminator&apos;s highest-resolution layer. Cost grows with the square.</source>
        <translation>判别器最高分辨率层的通道数。计算量随其平方增长。</translation>
    </message>
    <message>
        <source>Embedding dimension</source>
        <translation>嵌入维数</translation>
    </message>
    <message>
        <source>Token embedding dimension</source>
        <translation>词元嵌入维数</translation>
    </message>
    <message>
        <source>Dimension of the embedding vector of a token.</source>
        <translation>词元嵌入向量的维数。</translation>
    </message>
    <message>
        <source>Text encoding</source>
        <translation>文本编码</translation>
    </message>
    <message>
        <source>Discriminator norm</source>
        <translation>判别器归一化</translation>
    </message>
    <message>
        <source>Normalization in the discriminator&apos;s convolutional layers. Batch norm, as in DCGAN, cannot be combined with a gradient penalty.</source>
        <translation>判别器卷积层的归一化方式。批归一化（如 DCGAN）不能与梯度惩罚同用。</translation>
    </message>
    <message>
        <source>Adversarial loss</source>
        <translation>对抗损失</translation>
    </message>
    <message>
        <source>Loss function of the discriminator and the generator.</source>
        <translation>判别器与生成器的损失函数。</translation>
    </message>
    <message>
        <source>Regularizer</source>
        <translation>正则项</translation>
    </message>
    <message>
        <source>Regularization of the discriminator: a gradient penalty or spectral normalization.</source>
        <translation>判别器的正则化方法：梯度惩罚或谱归一化。</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>精度</translation>
    </message>
    <message>
        <source>Floating-point precision of the networks. &apos;auto&apos; uses bf16 where it is faster.</source>
        <translation>网络运算的浮点精度。“自动”在 bf16 更快时使用 bf16。</translation>
    </message>
    <message>
        <source>Batch size</source>
        <translation>批大小</translation>
    </message>
    <message>
        <source>Pairs per training step. 0 selects the size automatically by memory and speed.</source>
        <translation>每个训练步的图文对数。0 表示按内存与速度自动选择。</translation>
    </message>
    <message>
        <source>Initial learning rate of Adam.</source>
        <translation>Adam 的初始学习率。</translation>
    </message>
    <message>
        <source>Weight of the gradient penalty. High values can prevent small networks from learning.</source>
        <translation>梯度惩罚的权重。过大可能使小网络无法学习。</translation>
    </message>
    <message>
        <source>pairs</source>
        <translation>对</translation>
    </message>
    <message>
        <source>has a name that is not text in this system&apos;s encoding, so it cannot be stored. Rename it, or set a UTF-8 locale</source>
        <translation>的名称不是此系统编码下的有效文字，因此无法保存。请重命名，或设置 UTF-8 区域</translation>
    </message>
    <message>
        <source>Try a larger batch, relativistic pairing, or a lower rate.</source>
        <translation>可尝试更大的批、相对配对损失或更低的学习率。</translation>
    </message>
    <message>
        <source>Try a larger penalty (gamma), R1 as regularizer, or fewer steps.</source>
        <translation>可尝试更大的惩罚（gamma）、以 R1 为正则项，或减少判别器步数。</translation>
    </message>
    <message>
        <source>Try augmentation, a smaller discriminator, or more data.</source>
        <translation>可尝试数据增强、更小的判别器或更多数据。</translation>
    </message>
    <message>
        <source>Try longer training, a lower learning rate, or a wider discriminator.</source>
        <translation>可尝试更长的训练、更低的学习率或更宽的判别器。</translation>
    </message>
    <message>
        <source>Try longer training, a wider discriminator, or a GAN family; VAEs always blur.</source>
        <translation>可尝试更长的训练、更宽的判别器或 GAN 类模型；VAE 总会模糊。</translation>
    </message>
    <message>
        <source>Try longer training, R1 as regularizer, or fewer, more regular words.</source>
        <translation>可以尝试延长训练、使用 R1 正则化，或减少用词并使其更规范。</translation>
    </message>
    <message>
        <source>Try a lower learning rate, or full precision (fp32).</source>
        <translation>可尝试更低的学习率，或全精度（fp32）。</translation>
    </message>
    <message>
        <source>Images {0}.</source>
        <translation>图像{0}。</translation>
    </message>
    <message>
        <source>Images {0}, but {1}.</source>
        <translation>图像{0}，但{1}。</translation>
    </message>
    <message>
        <source>Images {0} and {1}.</source>
        <translation>图像{0}，并且{1}。</translation>
    </message>
    <message>
        <source>Images {0}, but {1} and {2}.</source>
        <translation>图像{0}，但{1}，并且{2}。</translation>
    </message>
    <message>
        <source>Images {0}, {1} and {2}.</source>
        <translation>图像{0}，{1}，并且{2}。</translation>
    </message>
    <message>
        <source>What would help most: {0}</source>
        <translation>最有帮助的做法：{0}</translation>
    </message>
    <message>
        <source>No figure falls short, so no change stands out.</source>
        <translation>没有哪项指标明显不足，因此没有特别值得做的改动。</translation>
    </message>
    <message>
        <source>KID of runs that differ only in their seed varies by 0.003 on digits and up to ninefold on small sets of colour images. Smaller differences are not significant.</source>
        <translation>仅种子不同的训练，KID 在数字数据上相差 0.003，在小型彩色数据集上可相差九倍。更小的差异没有意义。</translation>
    </message>
    <message>
        <source>match their captions as real ones do ({coherence:.0%} of the upper bound)</source>
        <translation>与描述的相符程度和真实图像一样（达到上限的 {coherence:.0%}）</translation>
    </message>
    <message>
        <source>match their captions as far as the evaluator can tell (it recognises only {recognised:.0%} of real ones)</source>
        <translation>在评估器能判断的范围内与描述相符（它只认得出 {recognised:.0%} 的真实图像）</translation>
    </message>
    <message>
        <source>match their captions less often than real ones do ({coherence:.0%} of the upper bound)</source>
        <translation>与描述相符的比例低于真实图像（达到上限的 {coherence:.0%}）</translation>
    </message>
    <message>
        <source>rarely match their captions ({coherence:.0%} of the upper bound)</source>
        <translation>很少与描述相符（仅为上限的 {coherence:.0%}）</translation>
    </message>
    <message>
        <source>are too often close to a training image ({copied:.0%} of them)</source>
        <translation>过于频繁地接近某张训练图像（占 {copied:.0%}）</translation>
    </message>
    <message>
        <source>show a fine grid or grain (grid {grid:.2g}, real images have 1)</source>
        <translation>带有细网格或颗粒（网格指标 {grid:.2g}，真实图像为 1）</translation>
    </message>
    <message>
        <source>are blurred (grid {grid:.2g}, real images have 1)</source>
        <translation>模糊（网格指标 {grid:.2g}，真实图像为 1）</translation>
    </message>
    <message>
        <source>mostly resemble no real image (only {precision:.0%} do)</source>
        <translation>大多不像任何真实图像（只有 {precision:.0%} 像）</translation>
    </message>
    <message>
        <source>lack the texture of real images (distance {texture:.1f}, other real images have 1)</source>
        <translation>缺少真实图像的纹理（距离 {texture:.1f}，另一批真实图像为 1）</translation>
    </message>
    <message>
        <source>come with texts of which only {text_validity:.0%} are valid</source>
        <translation>所配文本只有 {text_validity:.0%} 有效</translation>
    </message>
    <message>
        <source>cover only {coverage:.0%} of the variety of the training images</source>
        <translation>只覆盖训练图像多样性的 {coverage:.0%}</translation>
    </message>
    <message>
        <source>cover the variety of the training images ({coverage:.0%})</source>
        <translation>覆盖了训练图像的多样性（{coverage:.0%}）</translation>
    </message>
    <message>
        <source>more pictures: {copied:.0%} of the images are close to one of the {pairs:,} training pictures.</source>
        <translation>更多图像：{copied:.0%} 的生成图像接近 {pairs:,} 张训练图像中的某一张。</translation>
    </message>
    <message>
        <source>another preset: “{preset}” suits this dataset better than “{current}” (grid {grid:.2g}, real images have 1).</source>
        <translation>换一个预设：“{preset}”比“{current}”更适合此数据集（网格指标 {grid:.2g}，真实图像为 1）。</translation>
    </message>
    <message>
        <source>another preset: “{preset}” suits this dataset better than “{current}” (only {precision:.0%} of the images resemble real ones).</source>
        <translation>换一个预设：“{preset}”比“{current}”更适合此数据集（只有 {precision:.0%} 的图像像真实图像）。</translation>
    </message>
    <message>
        <source>balance the classes: only {covered_modes:.0%} of the {classes:,} classes are generated, and the rarest has {rarest:.2%} of the pictures.</source>
        <translation>平衡各类别：{classes:,} 个类别中只有 {covered_modes:.0%} 被生成，最少的一类仅占图像的 {rarest:.2%}。</translation>
    </message>
    <message>
        <source>train longer: this run has seen only {images_seen:,} images.</source>
        <translation>训练更久：此次训练只看过 {images_seen:,} 张图像。</translation>
    </message>
    <message>
        <source>fewer, more regular words: a word of the captions occurs with only {word_uses:.1f} pictures on average.</source>
        <translation>用更少、更规则的词：描述中的每个词平均只出现在 {word_uses:.1f} 张图像中。</translation>
    </message>
    <message>
        <source>more pictures: there are only {pairs:,} to learn from.</source>
        <translation>更多图像：可供学习的只有 {pairs:,} 张。</translation>
    </message>
    <message>
        <source>a larger image size: the dataset has {dataset_px} px, this run makes {image_px} px.</source>
        <translation>更大的图像尺寸：数据集为 {dataset_px} 像素，此次训练生成 {image_px} 像素。</translation>
    </message>
    <message>
        <source>Start from</source>
        <translation>起始训练</translation>
    </message>
    <message>
        <source>Folder of an earlier run of the same family. What fits is taken over from its networks, and words from its vocabulary; the rest starts from the seed. Empty for none.</source>
        <translation>同一模型族的先前训练的文件夹。网络中能对应的部分和词表中已有的词会被沿用，其余从随机种子开始。留空则不沿用。</translation>
    </message>
    <message>
        <source>Checkpoint to start from</source>
        <translation>起始检查点</translation>
    </message>
    <message>
        <source>Checkpoint of the earlier run: newest, a metric such as kid for the best by it, or a checkpoint&apos;s name.</source>
        <translation>先前训练的检查点：newest 表示最新的，kid 等指标名表示该指标最佳的，也可填检查点的名称。</translation>
    </message>
    <message>
        <source>Longer side of generated images. The dataset&apos;s images are resized to it and keep their aspect ratio.</source>
        <translation>生成图像的长边。数据集的图像会按此缩放，并保持宽高比。</translation>
    </message>
    <message>
        <source>Input of the text networks: one-hot vectors, whose cost grows with the vocabulary, or token IDs, whose cost hardly does. &apos;auto&apos; uses token IDs for large vocabularies.</source>
        <translation>文本网络的输入：独热向量（开销随词表增大而增长）或词元编号（开销几乎不变）。“auto”在词表较大时使用词元编号。</translation>
    </message>
    <message>
        <source>Context norm</source>
        <translation>上下文归一化</translation>
    </message>
    <message>
        <source>Normalization of the context that a text is generated from. Without RMS norm, the encoding of an image can saturate the recurrent decoder, which then ignores the image.</source>
        <translation>对生成文本所依据的上下文进行归一化。若不使用 RMS 归一化，图像的编码可能使循环解码器饱和，之后解码器便会忽略图像。</translation>
    </message>
    <message>
        <source>Output filter</source>
        <translation>输出滤波器</translation>
    </message>
    <message>
        <source>Filter of the modulated generator&apos;s output at full resolution. A low-pass filter weakens grids and hard edges.</source>
        <translation>调制生成器在全分辨率输出上的滤波器。低通滤波器可减弱网格和生硬的边缘。</translation>
    </message>
    <message>
        <source>Generation order</source>
        <translation>生成顺序</translation>
    </message>
    <message>
        <source>How a pair is generated from noise: both items at once, or first the text and then an image for it.</source>
        <translation>由噪声生成图文对的方式：同时生成两者，或先生成文本、再为其生成图像。</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>Text learning rate</source>
        <translation>文本学习率</translation>
    </message>
    <message>
        <source>Initial learning rate of the text decoder and of the image encoder that it is conditioned on. It decays like the learning rate. 0 uses the learning rate itself.</source>
        <translation>文本解码器及其所依据的图像编码器的初始学习率，与学习率同步衰减。0 表示采用学习率本身。</translation>
    </message>
    <message>
        <source>Final learning rate</source>
        <translation>最终学习率</translation>
    </message>
    <message>
        <source>Learning rate at the end of the budget, reached by cosine decay. Unused without a budget.</source>
        <translation>预算用完时的学习率，按余弦衰减到达。没有预算时不使用。</translation>
    </message>
    <message>
        <source>Adam beta 1</source>
        <translation>Adam beta 1</translation>
    </message>
    <message>
        <source>Decay rate of Adam&apos;s moving average of the gradient.</source>
        <translation>Adam 中梯度滑动平均的衰减率。</translation>
    </message>
    <message>
        <source>Adam beta 2</source>
        <translation>Adam beta 2</translation>
    </message>
    <message>
        <source>Decay rate of Adam&apos;s moving average of the squared gradient.</source>
        <translation>Adam 中梯度平方滑动平均的衰减率。</translation>
    </message>
    <message>
        <source>Penalty weight (gamma)</source>
        <translation>惩罚权重（gamma）</translation>
    </message>
    <message>
        <source>Units of the gradient in the penalty: as it is, or relative to the spread of each modality&apos;s items. As it is, the penalty limits above all how much the discriminator depends on texts, because two texts differ by far fewer numbers than two images. &apos;auto&apos; is the spread in the adversarial family, whose texts depend on it.</source>
        <translation>惩罚中梯度的单位：保持原样，或相对于各模态样本的离散程度。保持原样时，惩罚主要限制判别器对文本的依赖，因为两段文本之间的差异远小于两幅图像之间的差异。“自动”在纯对抗的模型族中采用离散程度，因为那里的文本依赖于它。</translation>
    </message>
    <message>
        <source>Regularizer interval</source>
        <translation>正则项间隔</translation>
    </message>
    <message>
        <source>Steps between two computations of the penalty, which is scaled by the interval (lazy regularization).</source>
        <translation>两次计算惩罚之间的步数；惩罚按此间隔放大（惰性正则化）。</translation>
    </message>
    <message>
        <source>steps</source>
        <translation>步</translation>
    </message>
    <message>
        <source>Discriminator steps</source>
        <translation>判别器步数</translation>
    </message>
    <message>
        <source>Discriminator steps per generator step.</source>
        <translation>生成器每更新一步，判别器更新的步数。</translation>
    </message>
    <message>
        <source>Mismatched pairs</source>
        <translation>错配对</translation>
    </message>
    <message>
        <source>Compile the discriminator</source>
        <translation>编译判别器</translation>
    </message>
    <message>
        <source>Compile the discriminator with torch.compile. Takes about a minute and needs a C++ compiler.</source>
        <translation>用 torch.compile 编译判别器。约需一分钟，并需要 C++ 编译器。</translation>
    </message>
    <message>
        <source>Text NLL weight</source>
        <translation>文本 NLL 权重</translation>
    </message>
    <message>
        <source>Weight of the negative log-likelihood (NLL) of real texts in the generator&apos;s loss.</source>
        <translation>真实文本的负对数似然（NLL）在生成器损失中的权重。</translation>
    </message>
    <message>
        <source>Weight of the negative log-likelihood, in the generator&apos;s loss, of the texts and rows that an image, a sound or a row was made from, as the model itself reads them off it. Used with three or more columns. 0 turns it off.</source>
        <translation>生成器损失中一项负对数似然的权重：图像、声音或表格行所依据的文本与表格行，由模型自己从中读出。用于三列及以上的数据。0 表示不使用。</translation>
    </message>
    <message>
        <source>Pseudo-label threshold</source>
        <translation>伪标签阈值</translation>
    </message>
    <message>
        <source>Minimum confidence for a predicted text to become the pseudo-label of an image without text. 1 disables pseudo-labels.</source>
        <translation>预测的文本成为无文本图像的伪标签所需的最低置信度。1 表示不使用伪标签。</translation>
    </message>
    <message>
        <source>EMA half-life</source>
        <translation>EMA 半衰期</translation>
    </message>
    <message>
        <source>Half-life of the exponential moving average (EMA) of the generator&apos;s weights. Samples are drawn from the averaged weights.</source>
        <translation>生成器权重的指数滑动平均（EMA）的半衰期。采样使用平均后的权重。</translation>
    </message>
    <message>
        <source>KL weight</source>
        <translation>KL 权重</translation>
    </message>
    <message>
        <source>Weight of the KL divergence from the prior, after the warm-up.</source>
        <translation>与先验之间的 KL 散度的权重（预热之后）。</translation>
    </message>
    <message>
        <source>KL warm-up</source>
        <translation>KL 预热</translation>
    </message>
    <message>
        <source>Images over which the KL weight rises linearly from 0. 0 disables the warm-up.</source>
        <translation>KL 权重从 0 线性升高所经过的图像数。0 表示不预热。</translation>
    </message>
    <message>
        <source>Text weight</source>
        <translation>文本权重</translation>
    </message>
    <message>
        <source>Weight of the text likelihood relative to the image likelihood, whose weight is 1.</source>
        <translation>文本似然相对于图像似然（权重为 1）的权重。</translation>
    </message>
    <message>
        <source>Number of subsets</source>
        <translation>子集数</translation>
    </message>
    <message>
        <source>Random subsets of modalities whose ELBO is added in each step, besides the full set and the single modalities.</source>
        <translation>每步额外计入 ELBO 的随机模态子集数，不含全集与单个模态。</translation>
    </message>
    <message>
        <source>Tokenizer</source>
        <translation>分词器</translation>
    </message>
    <message>
        <source>How texts are split into tokens: words, subwords (BPE) or characters. &apos;auto&apos; uses words unless many words of a new text would be unknown.</source>
        <translation>文本如何拆分成词元：单词、子词（BPE）或字符。“auto”使用单词，除非新文本中会有许多未知的词。</translation>
    </message>
    <message>
        <source>Vocabulary size</source>
        <translation>词表大小</translation>
    </message>
    <message>
        <source>Maximum number of tokens in the vocabulary. Rarer ones are replaced by the unknown token.</source>
        <translation>词表中的最大词元数。更少见的词元替换为未知词元。</translation>
    </message>
    <message>
        <source>Interval between evaluations; the last weights are evaluated too. 0 disables both.</source>
        <translation>两次评估的间隔；最终权重也会评估。0 表示都不评估。</translation>
    </message>
    <message>
        <source>Value range</source>
        <translation>取值范围</translation>
    </message>
    <message>
        <source>Values that become black and white in images of more than 8 bits, such as 0:4095; &apos;auto&apos; measures one range for all images.</source>
        <translation>超过 8 位的图像中变为黑色和白色的值，例如 0:4095；“auto”为所有图像测定一个共同的范围。</translation>
    </message>
    <message>
        <source>Band</source>
        <translation>波段</translation>
    </message>
    <message>
        <source>Channel to import as grey, counted from 1. 0 takes the first three as colours, or the first of two.</source>
        <translation>作为灰度导入的通道，从 1 开始计数。0 表示取前三个通道作为颜色；只有两个通道时取第一个。</translation>
    </message>
    <message>
        <source>Frame step</source>
        <translation>帧间隔</translation>
    </message>
    <message>
        <source>Frames or pages to import of files that hold several: 0 only the first, 1 all, 10 every tenth.</source>
        <translation>从含有多帧或多页的文件中导入哪些：0 仅第一帧，1 全部，10 每十帧取一帧。</translation>
    </message>
    <message>
        <source>128 px, for a GPU with 6 GB</source>
        <translation>128 像素，适合 6 GB 显存的 GPU</translation>
    </message>
    <message>
        <source>256 px, for a GPU with 24 GB</source>
        <translation>256 像素，适合 24 GB 显存的 GPU</translation>
    </message>
    <message>
        <source>Longer side of the stored images.</source>
        <translation>所存图像的长边。</translation>
    </message>
    <message>
        <source>Shape of the stored images: square, or width to height. &apos;auto&apos; is that of at least 9 of 10 images, up to 4:1 or 1:4, or else square.</source>
        <translation>所存图像的形状：正方形，或宽与高之比。“自动”采用至少九成图像共有的形状（最长 4:1 或 1:4），否则为正方形。</translation>
    </message>
    <message>
        <source>Other shapes</source>
        <translation>其他形状</translation>
    </message>
    <message>
        <source>How images of another shape are fitted: padding, centre crop or stretching.</source>
        <translation>形状不同的图像如何适配：填充、居中裁剪或拉伸。</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>个词元</translation>
    </message>
    <message>
        <source>can be soft only with the generation order text-first</source>
        <translation>只有生成顺序为“先文本”时才能为“软”</translation>
    </message>
    <message>
        <source>cannot be r1 or r1-r2 with the Wasserstein loss: the images collapse. Start from the preset wasserstein, or choose gradient-penalty with its settings: weight 10 in every step, penalty scale spread, mismatched pairs always, learning rate 0.001</source>
        <translation>使用 Wasserstein 损失时不能为 R1 或 R1 与 R2：图像会坍缩。请从预设 wasserstein 开始，或选择梯度惩罚并采用其设置：每步都计算、权重 10、惩罚尺度为各模态的离散程度、错配对为“始终”、学习率 0.001</translation>
    </message>
    <message>
        <source>Penalty scale</source>
        <translation>惩罚尺度</translation>
    </message>
    <message>
        <source>Text relaxation</source>
        <translation>文本松弛</translation>
    </message>
    <message>
        <source>What trains the generator on texts for images: the gradient at the chosen tokens (straight-through), or the probabilities of all tokens (soft).</source>
        <translation>生成器为图像生成文本时的训练信号：所选词元处的梯度（直通），或所有词元的概率（软）。</translation>
    </message>
    <message>
        <source>must be linear unless the text encoding is token-ids, in the hybrid family</source>
        <translation>除非模型族为 hybrid 且文本编码为词元编号，否则必须为线性层</translation>
    </message>
    <message>
        <source>can be dense or joint-dense only up to 64 px: the number of weights grows with the number of pixels</source>
        <translation>最多 64 px 时才能为全连接或图文联合全连接：权重数随像素数增长</translation>
    </message>
    <message>
        <source>can be joint-dense only with the adversarial family: one network for the whole pair has no parts that could be trained by likelihood</source>
        <translation>仅在纯对抗的模型族中才能为图文联合全连接：整个图文对只用一个网络，没有可按似然训练的部分</translation>
    </message>
    <message>
        <source>must be simultaneous with the architecture joint-dense, which generates both items at once</source>
        <translation>使用图文联合全连接架构时必须为“同时”，因为它一次生成图像和文本</translation>
    </message>
    <message>
        <source>cannot be set with the architecture joint-dense, whose discriminator judges all columns together</source>
        <translation>使用图文联合全连接架构时不能设置：其判别器对所有列作整体判别</translation>
    </message>
    <message>
        <source>must be a file of word vectors, or empty</source>
        <translation>必须是词向量文件，或留空</translation>
    </message>
    <message>
        <source>Model family: a GAN whose text decoder is also trained by likelihood, a purely adversarial GAN, or a multimodal VAE. A GAN trains a generator G and a discriminator D: min over G, max over D of E[log D(x)] + E[log(1 - D(G(z)))]. With the non-saturating loss, G maximizes E[log D(G(z))] instead, whose gradient does not vanish while D wins.</source>
        <translation>模型族：文本解码器同时按似然训练的 GAN、纯对抗训练的 GAN，或多模态 VAE。GAN 训练生成器 G 与判别器 D：对 G 取最小、对 D 取最大的目标为 E[log D(x)] + E[log(1 - D(G(z)))]。使用非饱和损失时，G 改为最大化 E[log D(G(z))]，其梯度在 D 占优时不会消失。</translation>
    </message>
    <message>
        <source>Device to train on. &apos;auto&apos; uses the GPU if one is available. &apos;cuda&apos; is a GPU of NVIDIA or AMD, &apos;mps&apos; one of Apple, &apos;xpu&apos; one of Intel; cuda:1 is the second of several.</source>
        <translation>用于训练的设备。“auto”在有 GPU 时使用 GPU。“cuda”是 NVIDIA 或 AMD 的 GPU，“mps”是 Apple 的，“xpu”是 Intel 的；cuda:1 是多个 GPU 中的第二个。</translation>
    </message>
    <message>
        <source>Layers of the image networks: convolutional, fully connected (dense) as in the first GAN, or convolutional with a generator whose batch norms are modulated by noise and text, for colour images. With joint-dense, generator and discriminator each have a single hidden layer for image and text together, and pairs are judged only as a whole.</source>
        <translation>图像网络的层类型：卷积层；如最早的 GAN 那样的全连接层；或卷积层加上由噪声与文本调制批归一化的生成器，适合彩色图像。使用图文联合全连接时，生成器与判别器各只有一个由图像与文本共用的隐藏层，图文对只作为整体判别。</translation>
    </message>
    <message>
        <source>Dimension of the embedding vector of an image or a text; with the architecture joint-dense, units of the hidden layers.</source>
        <translation>图像或文本的嵌入向量的维数；使用图文联合全连接架构时，为隐藏层的单元数。</translation>
    </message>
    <message>
        <source>Text encoder</source>
        <translation>文本编码器</translation>
    </message>
    <message>
        <source>Layers that encode a text: linear ones over all positions, or one of two that treat all positions alike and need token IDs, a bag of words or a transformer layer.</source>
        <translation>编码文本的层：覆盖所有位置的线性层，或两种对所有位置一视同仁且需要词元编号的层：词袋，或一个 Transformer 层。</translation>
    </message>
    <message>
        <source>Text conditioning</source>
        <translation>文本条件</translation>
    </message>
    <message>
        <source>Where the recurrent text decoder receives its context: in its initial state only, or also at every token, with which the later words of a sentence follow the context sooner. &apos;auto&apos; uses every token for texts of more than a few.</source>
        <translation>循环文本解码器在何处接收上下文：仅在初始状态，或在每个词元处也接收；后者能让句子靠后的词更早学会依从上下文。“自动”在文本超过几个词元时于每个词元处接收。</translation>
    </message>
    <message>
        <source>Sound encoder</source>
        <translation>声音编码器</translation>
    </message>
    <message>
        <source>Layers that encode a sound: those of an image, or also the autocorrelation of its onsets, which tells a tempo. &apos;auto&apos; adds it for sounds in which a rhythm can repeat.</source>
        <translation>编码声音的层：与图像相同的层，或再加上声音起始点的自相关，从中可得知速度。“自动”为可能有重复节奏的声音加上它。</translation>
    </message>
    <message>
        <source>When the discriminator also learns mismatched pairs as fakes: with the losses that are bounded below, always or never. With the Wasserstein loss, which is not bounded, always compares each of them with a real pair.</source>
        <translation>判别器何时也把错配对当作假样本学习：仅在损失有下界时、始终，或从不。Wasserstein 损失没有下界，选择“始终”时每个错配对都与一个真实对比较。</translation>
    </message>
    <message>
        <source>Redescription weight</source>
        <translation>复述权重</translation>
    </message>
    <message>
        <source>Reading weight</source>
        <translation>读出权重</translation>
    </message>
    <message>
        <source>Weight of the negative log-likelihood, in the generator&apos;s loss, of the texts and rows that belong to a real image, sound or row, as the model reads them off it alone. The redescription weight needs it where a fine distinction is hard to read, such as a tempo. Used with three or more columns. 0 turns it off.</source>
        <translation>生成器损失中一项负对数似然的权重：与真实图像、声音或表格行相对应的文本与表格行，由模型仅凭前者自行读出。若细微的差别（例如速度）难以读出，复述权重需要它。用于三列及以上的数据。0 表示不使用。</translation>
    </message>
    <message>
        <source>Column weights</source>
        <translation>列权重</translation>
    </message>
    <message>
        <source>Weights of columns in the losses, such as &apos;speech=0.5, facts=2&apos;; others weigh 1. A GAN weighs the verdicts on the column&apos;s items alone and its likelihood, a VAE its likelihood.</source>
        <translation>各列在损失中的权重，例如“speech=0.5, facts=2”；其余各列为 1。GAN 用它加权对该列单独内容的判别及该列的似然，VAE 用它加权该列的似然。</translation>
    </message>
    <message>
        <source>Text length</source>
        <translation>文本长度</translation>
    </message>
    <message>
        <source>Length of texts in tokens, with an end token; longer texts are truncated. 0: the length that covers 95 % of the texts or, with the tokenizer &apos;auto&apos;, 99 % but at most 77.</source>
        <translation>文本的词元数，包括结束词元；更长的文本会被截断。0：覆盖 95 % 文本的长度；分词器为“auto”时覆盖 99 %，但最多 77。</translation>
    </message>
    <message>
        <source>Word vectors</source>
        <translation>词向量</translation>
    </message>
    <message>
        <source>Text file of word2vec or GloVe vectors that initialize the token embeddings. Empty: random initialization.</source>
        <translation>用于初始化词元嵌入的 word2vec 或 GloVe 文本文件。留空则随机初始化。</translation>
    </message>
    <message>
        <source>Class balance</source>
        <translation>类别平衡</translation>
    </message>
    <message>
        <source>Exponent of class-balanced sampling: 0 samples all pairs equally often, 1 all classes.</source>
        <translation>类别平衡采样的指数：0 时各图文对等频采样，1 时各类别等频采样。</translation>
    </message>
    <message>
        <source>Balance by</source>
        <translation>平衡依据</translation>
    </message>
    <message>
        <source>Field of the dataset&apos;s records that defines the classes, or &apos;auto&apos;.</source>
        <translation>用于划分类别的数据集记录字段，或 auto。</translation>
    </message>
    <message>
        <source>Paired fraction</source>
        <translation>成对比例</translation>
    </message>
    <message>
        <source>Minimum fraction of complete pairs in a batch, where some items lack an image or a text.</source>
        <translation>部分条目缺图像或缺文本时，每批中完整图文对的最低比例。</translation>
    </message>
    <message>
        <source>Training items</source>
        <translation>训练条目数</translation>
    </message>
    <message>
        <source>Number of training items to use, drawn at random and the same for every seed, to see what few data do. 0 uses all.</source>
        <translation>使用的训练条目数，随机抽取，且对每个种子都相同；用于观察数据很少时的效果。0 表示全部使用。</translation>
    </message>
    <message>
        <source>items</source>
        <translation>条</translation>
    </message>
    <message>
        <source>Complete items</source>
        <translation>完整条目比例</translation>
    </message>
    <message>
        <source>Fraction of the training items that keep all their columns. Each of the others lacks one, to see what incomplete data do. 1 hides nothing.</source>
        <translation>保留所有列的训练条目所占的比例。其余条目各缺一列，用于观察数据不完整时的效果。1 表示不隐藏任何内容。</translation>
    </message>
    <message>
        <source>Imbalance</source>
        <translation>不平衡度</translation>
    </message>
    <message>
        <source>How many times as many training items the first class keeps as the last, in alphabetical order, to see what imbalanced data do. 1 leaves the classes as they are. The classes are those of &apos;Balance by&apos;.</source>
        <translation>按字母顺序，第一个类别保留的训练条目数是最后一个类别的多少倍；用于观察数据不平衡时的效果。1 表示各类别保持原样。类别由“平衡依据”确定。</translation>
    </message>
    <message>
        <source>Storage</source>
        <translation>数据存放</translation>
    </message>
    <message>
        <source>Where the data are during a run: resident in the memory of the device, or streamed from the disk in blocks of neighbouring items, which are shuffled. &apos;auto&apos; streams what does not fit beside the networks.</source>
        <translation>运行期间数据的位置：常驻于设备内存，或以相邻条目组成的块从磁盘流式读取并打乱。“auto”对放不下的数据采用流式读取。</translation>
    </message>
    <message>
        <source>Augmentation</source>
        <translation>数据增强</translation>
    </message>
    <message>
        <source>Augmentation of the discriminator&apos;s input images, real and generated. &apos;auto&apos; enables it for small datasets.</source>
        <translation>对判别器输入图像（真实与生成）的数据增强。“自动”只在小数据集上启用。</translation>
    </message>
    <message>
        <source>Pairs in a preview</source>
        <translation>预览对数</translation>
    </message>
    <message>
        <source>Pairs per preview, always generated from the same noise.</source>
        <translation>每次预览的图文对数，始终由同一组噪声生成。</translation>
    </message>
    <message>
        <source>Preview every</source>
        <translation>预览间隔</translation>
    </message>
    <message>
        <source>Maximum interval between previews. It is shorter at the start of a run.</source>
        <translation>两次预览之间的最长间隔。训练开始时间隔较短。</translation>
    </message>
    <message>
        <source>s</source>
        <translation>秒</translation>
    </message>
    <message>
        <source>Checkpoint every</source>
        <translation>检查点间隔</translation>
    </message>
    <message>
        <source>Interval between checkpoints.</source>
        <translation>两个检查点之间的时间间隔。</translation>
    </message>
    <message>
        <source>Checkpoints to keep</source>
        <translation>保留的检查点</translation>
    </message>
    <message>
        <source>Number of latest checkpoints to keep, in addition to milestones and the best by each metric.</source>
        <translation>保留的最新检查点数；里程碑与各项指标最佳的检查点另外保留。</translation>
    </message>
    <message>
        <source>Milestone every</source>
        <translation>里程碑间隔</translation>
    </message>
    <message>
        <source>Interval between checkpoints that are never deleted. 0 disables milestones.</source>
        <translation>永不删除的检查点之间的间隔。0 表示不保留里程碑。</translation>
    </message>
    <message>
        <source>Checkpoint limit</source>
        <translation>检查点空间上限</translation>
    </message>
    <message>
        <source>Maximum disk space of the run&apos;s checkpoints. The oldest are deleted first, the latest never. 0 means no limit.</source>
        <translation>本次运行的检查点可占用的最大磁盘空间。先删除最旧的，始终保留最新的。0 表示不限。</translation>
    </message>
    <message>
        <source>MB</source>
        <translation>MB</translation>
    </message>
    <message>
        <source>Evaluate every</source>
        <translation>评估间隔</translation>
    </message>
    <message>
        <source>Evaluation samples</source>
        <translation>评估样本数</translation>
    </message>
    <message>
        <source>Pairs generated for each evaluation during training.</source>
        <translation>训练中每次评估生成的图文对数。</translation>
    </message>
    <message>
        <source>TensorBoard files</source>
        <translation>TensorBoard 文件</translation>
    </message>
    <message>
        <source>Also write the curves as event files for TensorBoard, in the run&apos;s folder tensorboard, while it trains.</source>
        <translation>训练期间同时将曲线写成 TensorBoard 的事件文件，保存在训练文件夹下的 tensorboard 文件夹中。</translation>
    </message>
    <message>
        <source>Case</source>
        <translation>大小写</translation>
    </message>
    <message>
        <source>Keep the case of texts, or convert them to lower case.</source>
        <translation>保留文本的大小写，或全部转为小写。</translation>
    </message>
    <message>
        <source>Punctuation</source>
        <translation>标点</translation>
    </message>
    <message>
        <source>Keep or remove punctuation.</source>
        <translation>保留或去除标点。</translation>
    </message>
    <message>
        <source>Captions</source>
        <translation>描述</translation>
    </message>
    <message>
        <source>For images with several captions: keep all and draw one at random each time, or keep only the first.</source>
        <translation>图像有多个描述时：全部保留并每次随机取一个，或只保留第一个。</translation>
    </message>
    <message>
        <source>Minimum word count</source>
        <translation>最低词频</translation>
    </message>
    <message>
        <source>Words that occur in fewer texts than this are removed.</source>
        <translation>出现在少于此数目文本中的词会被去除。</translation>
    </message>
    <message>
        <source>texts</source>
        <translation>个文本</translation>
    </message>
    <message>
        <source>Maximum text length</source>
        <translation>最大文本长度</translation>
    </message>
    <message>
        <source>Maximum words per text; longer texts are truncated. 0 means no limit.</source>
        <translation>每个文本的最大词数；更长的文本会被截断。0 表示不限。</translation>
    </message>
    <message>
        <source>words</source>
        <translation>词</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>尺寸</translation>
    </message>
    <message>
        <source>Shape</source>
        <translation>形状</translation>
    </message>
    <message>
        <source>Background</source>
        <translation>背景</translation>
    </message>
    <message>
        <source>Background colour of transparent and padded images: # and six hex digits.</source>
        <translation>透明图像与填充区域的背景色：# 加六位十六进制数字。</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>彩色</translation>
    </message>
    <message>
        <source>Greyscale, colour, or automatic: greyscale if all images are.</source>
        <translation>灰度、彩色，或自动：全部图像为灰度时用灰度。</translation>
    </message>
    <message>
        <source>Sample rate</source>
        <translation>采样率</translation>
    </message>
    <message>
        <source>Samples per second of the stored sounds. 0 takes 8000, or the rate of a gallery.</source>
        <translation>所存声音每秒的采样数。0 表示 8000，或画廊的采样率。</translation>
    </message>
    <message>
        <source>Hz</source>
        <translation>Hz</translation>
    </message>
    <message>
        <source>Sound length</source>
        <translation>声音长度</translation>
    </message>
    <message>
        <source>Length of the stored sounds; shorter ones are padded with silence, longer ones are cut. 0 takes the length that covers 90 % of them, at most 4.</source>
        <translation>所存声音的长度；较短的用静音补足，较长的被截断。0 表示能覆盖其中 90 % 的长度，最多为 4。</translation>
    </message>
    <message>
        <source>Keep images without text</source>
        <translation>保留没有文本的图像</translation>
    </message>
    <message>
        <source>Import images that have no text. The generator also learns from them.</source>
        <translation>导入没有文本的图像。生成器也会从中学习。</translation>
    </message>
    <message>
        <source>Keep texts without image</source>
        <translation>保留没有图像的文本</translation>
    </message>
    <message>
        <source>Import texts that have no image. The generator also learns from them.</source>
        <translation>导入没有图像的文本。生成器也会从中学习。</translation>
    </message>
    <message>
        <source>Validation split</source>
        <translation>验证集比例</translation>
    </message>
    <message>
        <source>Percentage of items held out for validation, selected by a hash of each item&apos;s name.</source>
        <translation>留作验证集的条目百分比，按每个条目名称的哈希值选取。</translation>
    </message>
    <message>
        <source>%</source>
        <translation>%</translation>
    </message>
    <message>
        <source>Tiny, for the CPU</source>
        <translation>微型，适合 CPU</translation>
    </message>
    <message>
        <source>32 px, for computers without a GPU</source>
        <translation>32 像素，适合没有 GPU 的电脑</translation>
    </message>
    <message>
        <source>Colour, for the CPU</source>
        <translation>彩色，适合 CPU</translation>
    </message>
    <message>
        <source>32 px, for colour images on computers without a GPU</source>
        <translation>32 像素，用于没有 GPU 的电脑上的彩色图像</translation>
    </message>
    <message>
        <source>Colour at 64 px, for the CPU</source>
        <translation>彩色 64 像素，适合 CPU</translation>
    </message>
    <message>
        <source>64 px, for colour images on computers without a GPU, about three times slower</source>
        <translation>64 像素，用于没有 GPU 的电脑上的彩色图像，约慢三倍</translation>
    </message>
    <message>
        <source>64 px, for a GPU</source>
        <translation>64 像素，适合 GPU</translation>
    </message>
    <message>
        <source>64 px, for small images and a GPU with 4 GB</source>
        <translation>64 像素，适合小图像和 4 GB 显存的 GPU</translation>
    </message>
    <message>
        <source>Laptop GPU</source>
        <translation>笔记本 GPU</translation>
    </message>
    <message>
        <source>Workstation GPU</source>
        <translation>工作站 GPU</translation>
    </message>
    <message>
        <source>Wasserstein GAN</source>
        <translation>Wasserstein GAN</translation>
    </message>
    <message>
        <source>32 px, Wasserstein loss with gradient penalty (Gulrajani et al. 2017), for computers without a GPU</source>
        <translation>32 px，带梯度惩罚的 Wasserstein 损失（Gulrajani 等，2017），适用于没有 GPU 的电脑</translation>
    </message>
    <message>
        <source>Textbook GAN</source>
        <translation>教科书 GAN</translation>
    </message>
    <message>
        <source>32 px, the GAN of introductions: one hidden layer, binary cross-entropy, nothing else</source>
        <translation>32 px，入门教程中的 GAN：一个隐藏层、二元交叉熵，别无其他</translation>
    </message>
    <message>
        <source>To see what the first recipe does, not for good images: on handwritten digits, all of them were still the same noisy blob after 950,000 training images. The other presets have what it takes. A given image or text is completed by the nearest of 32 pairs generated from noise.</source>
        <translation>用于观察最初方案的效果，而非获得好图像：在手写数字上，训练 950,000 幅图像后生成的仍是同一团噪点。其他预设具备所需的改进。给定图像或文本时，由从噪声生成的 32 对中最接近的一对补全。</translation>
    </message>
    <message>
        <source>Minimax GAN of 2014</source>
        <translation>2014 年的极小极大 GAN</translation>
    </message>
    <message>
        <source>32 px, the textbook GAN with the loss as the formula of Goodfellow et al. (2014) has it</source>
        <translation>32 px，教科书 GAN，损失与 Goodfellow 等（2014）的公式一致</translation>
    </message>
    <message>
        <source>To compare with the textbook GAN: the generator&apos;s gradient vanishes while the discriminator wins. On handwritten digits, all images were the same noisy blob after 300,000 training images.</source>
        <translation>用于与教科书 GAN 比较：判别器占优时，生成器的梯度会消失。在手写数字上，训练 300,000 幅图像后所有图像都是同一团噪点。</translation>
    </message>
    <message>
        <source>Spoken digits</source>
        <translation>口语数字</translation>
    </message>
    <message>
        <source>Handwritten digits with their word and its sound: type a word and hear it, or draw what a voice says</source>
        <translation>手写数字及其单词与读音：输入一个词即可听到它，或画出语音所说的数字</translation>
    </message>
    <message>
        <source>Digits: MNIST, Yann LeCun and Corinna Cortes, CC BY-SA 3.0; speech: synthesised for Diptych with espeak-ng, CC0-1.0</source>
        <translation>数字：MNIST，Yann LeCun 与 Corinna Cortes，CC BY-SA 3.0；语音：用 espeak-ng 为 Diptych 合成，CC0-1.0</translation>
    </message>
    <message>
        <source>Beats</source>
        <translation>节拍</translation>
    </message>
    <message>
        <source>Two seconds of drums with words, a step grid and a row of tempo and hits: ask for a beat in words, or turn a loop into its grid</source>
        <translation>两秒鼓点，附有词语、步进网格以及速度与击打数的表格行：用词语索取节拍，或把循环转成网格</translation>
    </message>
    <message>
        <source>Hits: Freesound recordings from Sonic Pi, CC0-1.0; beats: Diptych, CC0-1.0</source>
        <translation>鼓声：Sonic Pi 收录的 Freesound 录音，CC0-1.0；节拍：Diptych，CC0-1.0</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>音符</translation>
    </message>
    <message>
        <source>Notes on a staff with their name, sound, pitch and instrument: practise reading by ear, or write down what is played</source>
        <translation>五线谱上的音符及其音名、声音、音高与乐器：练习听音识谱，或记下所奏的音</translation>
    </message>
    <message>
        <source>Drawn and synthesised by Diptych, CC0-1.0</source>
        <translation>由 Diptych 绘制与合成，CC0-1.0</translation>
    </message>
    <message>
        <source>Road scenes</source>
        <translation>道路场景</translation>
    </message>
    <message>
        <source>Views from a car with a sentence, the sound on board and a row of weather, steering and distance: draw the rare case that a row describes, or fill in the row of a picture</source>
        <translation>车内视角的画面，附有一句话、车内声音以及天气、转向与距离的表格行：画出某一行所述的罕见情形，或为图像填写表格行</translation>
    </message>
    <message>
        <source>Cell cases</source>
        <translation>细胞病例</translation>
    </message>
    <message>
        <source>Ten measurements of cell nuclei with diagnosis, report and drawing: make up cases for teaching that belong to no patient (made from a table, not for diagnosis)</source>
        <translation>细胞核的十项测量值，附有诊断、报告与示意图：为教学编出不属于任何患者的病例（由表格生成，不可用于诊断）</translation>
    </message>
    <message>
        <source>Measurements: Breast Cancer Wisconsin (Diagnostic), W. Wolberg, O. Mangasarian, N. Street and W. Street, 1995, doi:10.24432/C5DW2B, CC BY 4.0; drawings and reports: Diptych, CC0-1.0, made from a table, not for diagnosis</source>
        <translation>测量值：Breast Cancer Wisconsin (Diagnostic)，W. Wolberg、O. Mangasarian、N. Street 与 W. Street，1995，doi:10.24432/C5DW2B，CC BY 4.0；示意图与报告：Diptych，CC0-1.0，由表格生成，不可用于诊断</translation>
    </message>
    <message>
        <source>Made from a table, not for diagnosis</source>
        <translation>由表格生成，不可用于诊断</translation>
    </message>
    <message>
        <source>Ring</source>
        <translation>圆环</translation>
    </message>
    <message>
        <source>Points of eight clusters on a circle, each with a colour word: watch in seconds whether a model finds all of them</source>
        <translation>圆周上八个簇的点，各带一个颜色词：几秒内即可看出模型是否找到所有的簇</translation>
    </message>
    <message>
        <source>Computed by Diptych, CC0-1.0</source>
        <translation>由 Diptych 计算，CC0-1.0</translation>
    </message>
    <message>
        <source>60,000 handwritten digits, each with its word</source>
        <translation>60,000 个手写数字及其英文单词</translation>
    </message>
    <message>
        <source>1,810 emoji, each with its name</source>
        <translation>1,810 个表情符号及其名称</translation>
    </message>
    <message>
        <source>18,000 drawn shapes whose captions name every attribute</source>
        <translation>18,000 个绘制的图形，说明文字写明每个属性</translation>
    </message>
    <message>
        <source>Digits</source>
        <translation>手写数字</translation>
    </message>
    <message>
        <source>70,000 handwritten digits, each with its English word</source>
        <translation>70,000 个手写数字，各配英文单词</translation>
    </message>
    <message>
        <source>MNIST, Yann LeCun and Corinna Cortes, CC BY-SA 3.0</source>
        <translation>MNIST，Yann LeCun 与 Corinna Cortes，CC BY-SA 3.0</translation>
    </message>
    <message>
        <source>Emoji</source>
        <translation>表情符号</translation>
    </message>
    <message>
        <source>1,906 colourful emoji, each with its name</source>
        <translation>1,906 个彩色表情符号，各配名称</translation>
    </message>
    <message>
        <source>Noto Emoji, Google, Apache-2.0; names from Unicode CLDR, Unicode-3.0</source>
        <translation>Noto Emoji，Google，Apache-2.0；名称来自 Unicode CLDR，Unicode-3.0</translation>
    </message>
    <message>
        <source>Shapes</source>
        <translation>图形</translation>
    </message>
    <message>
        <source>20,000 simple shapes with captions that say everything about them</source>
        <translation>20,000 个简单图形，文字完整描述其内容</translation>
    </message>
    <message>
        <source>Rendered by Diptych, CC0-1.0</source>
        <translation>由 Diptych 绘制，CC0-1.0</translation>
    </message>
</context>
<context>
    <name>ErrorDialog</name>
    <message>
        <source>Diptych</source>
        <translation>Diptych</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详细信息</translation>
    </message>
    <message>
        <source>Show details</source>
        <translation>显示详细信息</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the message and its details</source>
        <translation>复制消息及其详细信息</translation>
    </message>
    <message>
        <source>Restart and resume</source>
        <translation>重新启动并继续</translation>
    </message>
    <message>
        <source>Hide details</source>
        <translation>隐藏详细信息</translation>
    </message>
</context>
<context>
    <name>Errors</name>
    <message>
        <source>The run cannot start with these settings.</source>
        <translation>按这些设置无法开始训练。</translation>
    </message>
    <message>
        <source>Correct the fields marked red in the Run panel, then start again.</source>
        <translation>请更正“训练”面板中标红的字段，然后重新开始。</translation>
    </message>
    <message>
        <source>The dataset was not found.</source>
        <translation>找不到数据集。</translation>
    </message>
    <message>
        <source>There is no dataset in {0}.</source>
        <translation>{0} 中没有数据集。</translation>
    </message>
    <message>
        <source>Choose a starter or a folder that holds a manifest.json.</source>
        <translation>请选择一个示例，或包含 manifest.json 的文件夹。</translation>
    </message>
    <message>
        <source>The dataset cannot be used.</source>
        <translation>数据集无法使用。</translation>
    </message>
    <message>
        <source>In {0}: {1}.</source>
        <translation>位于 {0}：{1}。</translation>
    </message>
    <message>
        <source>Build the dataset again; a starter is rebuilt when you delete its folder.</source>
        <translation>请重新生成数据集；删除示例的文件夹后会自动重新生成。</translation>
    </message>
    <message>
        <source>A folder cannot be written to.</source>
        <translation>无法写入文件夹。</translation>
    </message>
    <message>
        <source>This pattern cannot be used.</source>
        <translation>无法使用此模式。</translation>
    </message>
    <message>
        <source>{0}: {1}.</source>
        <translation>{0}：{1}。</translation>
    </message>
    <message>
        <source>A run in {0} processes has ended.</source>
        <translation>使用 {0} 个进程的运行已结束。</translation>
    </message>
    <message>
        <source>{0}. The run is saved up to {1} images.</source>
        <translation>{0}。运行已保存到 {1} 张图像。</translation>
    </message>
    <message>
        <source>Resume the run; it continues from there in any number of processes.</source>
        <translation>恢复此运行即可从该处继续，进程数量不限。</translation>
    </message>
    <message>
        <source>Correct the regular expression, or search for plain text.</source>
        <translation>请改正正则表达式，或按普通文本搜索。</translation>
    </message>
    <message>
        <source>This change was not made.</source>
        <translation>未作此更改。</translation>
    </message>
    <message>
        <source>Undo some of the changes, or exclude the item instead.</source>
        <translation>请撤回部分更改，或改为排除该条目。</translation>
    </message>
    <message>
        <source>The source cannot be read.</source>
        <translation>无法读取来源。</translation>
    </message>
    <message>
        <source>Check that it is still there and that you may read it, or choose another folder, archive or table.</source>
        <translation>请确认它仍在原处且您有读取权限，或选择其他文件夹、压缩包或表格。</translation>
    </message>
    <message>
        <source>There is nothing to import.</source>
        <translation>没有可导入的内容。</translation>
    </message>
    <message>
        <source>Choose another format, or correct the file names.</source>
        <translation>请选择其他读取方式，或改正文件名。</translation>
    </message>
    <message>
        <source>A file of the source cannot be read.</source>
        <translation>来源中的一个文件无法读取。</translation>
    </message>
    <message>
        <source>It is left out, and the report names it. The others are used.</source>
        <translation>它被略去，并在报告中列出。其余文件照常使用。</translation>
    </message>
    <message>
        <source>Some files cannot be used, so no dataset was made.</source>
        <translation>有些文件无法使用，因此没有建立数据集。</translation>
    </message>
    <message>
        <source>Files of {0} that cannot be used: {1}, beginning with {2} ({3}).</source>
        <translation>{0} 中未使用 {1} 个文件，第一个是 {2}（{3}）。</translation>
    </message>
    <message>
        <source>Repair or remove these files, or import without being strict.</source>
        <translation>请修复或移除这些文件，或不使用严格模式导入。</translation>
    </message>
    <message>
        <source>The request did not reach the run.</source>
        <translation>请求没有送达该运行。</translation>
    </message>
    <message>
        <source>Open the run again to see its state, or use the terminal in which it runs.</source>
        <translation>请重新打开该运行以查看其状态，或使用运行它的终端。</translation>
    </message>
    <message>
        <source>Another process is importing into this dataset.</source>
        <translation>另一个程序正在向此数据集导入。</translation>
    </message>
    <message>
        <source>Process {0} on {1} is writing {2}.</source>
        <translation>{1} 上的进程 {0} 正在写入 {2}。</translation>
    </message>
    <message>
        <source>Wait until it has ended, or choose another name.</source>
        <translation>请等它结束，或换一个名称。</translation>
    </message>
    <message>
        <source>Allow writing to this folder, or choose another workspace in the File menu.</source>
        <translation>请允许写入该文件夹，或在“文件”菜单中选择其他工作区。</translation>
    </message>
    <message>
        <source>The folder is not empty.</source>
        <translation>文件夹不为空。</translation>
    </message>
    <message>
        <source>{0} already holds files, and nothing is ever overwritten.</source>
        <translation>{0} 中已有文件，程序从不覆盖任何内容。</translation>
    </message>
    <message>
        <source>Choose another name or an empty folder.</source>
        <translation>请换一个名称，或选择空文件夹。</translation>
    </message>
    <message>
        <source>The disk is full.</source>
        <translation>磁盘已满。</translation>
    </message>
    <message>
        <source>{0} needs {1} more, and {2} are free.</source>
        <translation>{0} 还需要 {1}，可用空间为 {2}。</translation>
    </message>
    <message>
        <source>Free some space, or choose a workspace on another disk. What was saved before is still there.</source>
        <translation>请释放一些空间，或选择其他磁盘上的工作区。此前保存的内容仍在。</translation>
    </message>
    <message>
        <source>There are no sounds to read.</source>
        <translation>没有可读取的声音。</translation>
    </message>
    <message>
        <source>This scene cannot be shown.</source>
        <translation>此场景无法显示。</translation>
    </message>
    <message>
        <source>The reason: {0}.</source>
        <translation>原因：{0}。</translation>
    </message>
    <message>
        <source>Open it with the run that it was saved from.</source>
        <translation>请用保存该场景的那个训练打开它。</translation>
    </message>
    <message>
        <source>A cell does not fit its field.</source>
        <translation>有单元格与其字段不符。</translation>
    </message>
    <message>
        <source>Use a value that the training data has, or leave it empty.</source>
        <translation>请使用训练数据中出现过的值，或将其留空。</translation>
    </message>
    <message>
        <source>The run cannot be evaluated.</source>
        <translation>无法评估该运行。</translation>
    </message>
    <message>
        <source>The dataset in {0} has none of the run&apos;s columns, too few items to compare with, or columns of which nothing tells what belongs together.</source>
        <translation>{0} 中的数据集没有该次训练的任何列，或可供比较的条目太少，或从其各列无法判断哪些内容彼此对应。</translation>
    </message>
    <message>
        <source>Training is not affected; look at the samples instead.</source>
        <translation>训练不受影响；请改为查看样本。</translation>
    </message>
    <message>
        <source>The evaluator of this dataset is not trained yet.</source>
        <translation>此数据集的评估器尚未训练。</translation>
    </message>
    <message>
        <source>Images of &apos;{0}&apos; are compared by what it has learned.</source>
        <translation>“{0}”的图像要靠它学到的特征来比较。</translation>
    </message>
    <message>
        <source>Train it, or wait for the first evaluation of a run.</source>
        <translation>请训练它，或等待某次训练的首次评估。</translation>
    </message>
    <message>
        <source>This format cannot be written here.</source>
        <translation>此处无法写入这种格式。</translation>
    </message>
    <message>
        <source>{0} needs {1}.</source>
        <translation>{0} 需要 {1}。</translation>
    </message>
    <message>
        <source>Install it, or choose another format.</source>
        <translation>请安装它，或选择其他格式。</translation>
    </message>
    <message>
        <source>The film could not be written.</source>
        <translation>无法写入影片。</translation>
    </message>
    <message>
        <source>Choose another format or fewer frames a second.</source>
        <translation>请选择其他格式，或降低每秒帧数。</translation>
    </message>
    <message>
        <source>The ONNX files do not compute what the model computes.</source>
        <translation>ONNX 文件的计算结果与模型不一致。</translation>
    </message>
    <message>
        <source>Export the model without ONNX, or use another PyTorch.</source>
        <translation>请在不含 ONNX 的情况下导出模型，或使用其他版本的 PyTorch。</translation>
    </message>
    <message>
        <source>The run was not found.</source>
        <translation>找不到该训练。</translation>
    </message>
    <message>
        <source>There is no run in {0}.</source>
        <translation>{0} 中没有训练。</translation>
    </message>
    <message>
        <source>Choose a folder that holds a run.toml; runs are in the workspace under runs.</source>
        <translation>请选择包含 run.toml 的文件夹；训练保存在工作区的 runs 文件夹中。</translation>
    </message>
    <message>
        <source>There is nothing to draw samples from yet.</source>
        <translation>还没有可用于生成样本的内容。</translation>
    </message>
    <message>
        <source>The run in {0} has not saved a checkpoint.</source>
        <translation>{0} 中的训练还没有保存检查点。</translation>
    </message>
    <message>
        <source>Let the run train a little longer, then try again.</source>
        <translation>请让训练再进行一会儿，然后重试。</translation>
    </message>
    <message>
        <source>A checkpoint cannot be used.</source>
        <translation>检查点无法使用。</translation>
    </message>
    <message>
        <source>Choose another checkpoint, or queue the run again from its settings. Whole ones are found by themselves.</source>
        <translation>请选择其他检查点，或用其设置将运行重新排队。完好的检查点会自动找到。</translation>
    </message>
    <message>
        <source>This run is being trained already.</source>
        <translation>此训练任务已在运行中。</translation>
    </message>
    <message>
        <source>Process {0} on {1} holds {2}.</source>
        <translation>{1} 上的进程 {0} 正在使用 {2}。</translation>
    </message>
    <message>
        <source>Wait until it has ended, or end it there, then try again.</source>
        <translation>请等它结束，或在那里将其结束，然后重试。</translation>
    </message>
    <message>
        <source>The run failed.</source>
        <translation>训练失败。</translation>
    </message>
    <message>
        <source>Its log in the run&apos;s folder says when and where.</source>
        <translation>训练文件夹中的日志记录了时间和位置。</translation>
    </message>
    <message>
        <source>The chosen device is not available.</source>
        <translation>所选设备不可用。</translation>
    </message>
    <message>
        <source>&apos;{0}&apos;: {1}.</source>
        <translation>“{0}”：{1}。</translation>
    </message>
    <message>
        <source>Set the device to Automatic or CPU. For an NVIDIA GPU, check that its driver is installed and that PyTorch was installed with CUDA.</source>
        <translation>请将设备设为“自动”或“CPU”。若使用 NVIDIA GPU，请确认已安装驱动程序，且 PyTorch 为 CUDA 版本。</translation>
    </message>
    <message>
        <source>&apos;{0}&apos;: {1}. The run is saved up to {2} images.</source>
        <translation>“{0}”：{1}。运行已保存到 {2} 张图像。</translation>
    </message>
    <message>
        <source>&apos;{0}&apos;: {1}. The run had not saved a checkpoint yet.</source>
        <translation>“{0}”：{1}。运行尚未保存过检查点。</translation>
    </message>
    <message>
        <source>The graphics card stopped working in mid-run.</source>
        <translation>显卡在运行途中停止工作。</translation>
    </message>
    <message>
        <source>Only a restart of Diptych can use it again. Restart, then resume the run.</source>
        <translation>只有重新启动 Diptych 才能再次使用它。请重新启动，然后继续运行。</translation>
    </message>
    <message>
        <source>A batch of {0} does not fit, even in micro-batches.</source>
        <translation>大小为 {0} 的批次即使分成几部分学习也放不下。</translation>
    </message>
    <message>
        <source>A batch of {0} does not fit: {1} of {2} were taken.</source>
        <translation>{0} 个一批放不下：已用去 {1}（共 {2}）。</translation>
    </message>
    <message>
        <source>Close other programs that use this memory and resume, or start again with a batch of {0} or a smaller preset. What was saved before is still there.</source>
        <translation>请关闭占用这些内存的其他程序后继续，或以大小为 {0} 的批次或更小的预设重新开始。之前保存的内容仍在。</translation>
    </message>
    <message>
        <source>Training became unstable and was ended.</source>
        <translation>训练变得不稳定，已终止。</translation>
    </message>
    <message>
        <source>After {0} images these losses were no longer finite: {1}.</source>
        <translation>在 {0} 张图像之后，以下损失不再是有限值：{1}。</translation>
    </message>
    <message>
        <source>Start again with half the learning rate, or with a larger penalty.</source>
        <translation>请将学习率减半或加大惩罚后重新开始。</translation>
    </message>
    <message>
        <source>The images cannot be read.</source>
        <translation>无法读取图像。</translation>
    </message>
    <message>
        <source>A preview cannot be read.</source>
        <translation>无法读取一个预览。</translation>
    </message>
    <message>
        <source>The others are not affected; this file can be deleted.</source>
        <translation>其他预览不受影响；该文件可以删除。</translation>
    </message>
    <message>
        <source>The engine could not continue.</source>
        <translation>引擎无法继续。</translation>
    </message>
    <message>
        <source>What was saved before is still there.</source>
        <translation>此前保存的内容仍在。</translation>
    </message>
    <message>
        <source>There was not enough memory.</source>
        <translation>内存不足。</translation>
    </message>
    <message>
        <source>The computer or its GPU has less free memory than the run needs.</source>
        <translation>计算机或其 GPU 的可用内存少于训练所需。</translation>
    </message>
    <message>
        <source>Close other programs, or choose a smaller batch or preset.</source>
        <translation>请关闭其他程序，或选择更小的批大小或预设。</translation>
    </message>
    <message>
        <source>A file or folder could not be used.</source>
        <translation>无法使用某个文件或文件夹。</translation>
    </message>
    <message>
        <source>Check that it exists, that you may write to it and that the disk has room.</source>
        <translation>请确认其存在、可以写入，且磁盘仍有空间。</translation>
    </message>
    <message>
        <source>The texts could not be read.</source>
        <translation>无法读取文本。</translation>
    </message>
    <message>
        <source>Choose a WAV, FLAC, MP3 or Ogg file, or a folder of them.</source>
        <translation>请选择 WAV、FLAC、MP3 或 Ogg 文件，或含有这类文件的文件夹。</translation>
    </message>
    <message>
        <source>Choose a PNG, JPEG or WebP file that you are allowed to read, or a folder of them.</source>
        <translation>请选择您有权读取的 PNG、JPEG 或 WebP 文件，或含有这类文件的文件夹。</translation>
    </message>
    <message>
        <source>Choose a text file in UTF-8 with one text a line.</source>
        <translation>请选择每行一条文本的 UTF-8 文本文件。</translation>
    </message>
    <message>
        <source>Some words are unknown to this run.</source>
        <translation>有些词是这次训练没学过的。</translation>
    </message>
    <message>
        <source>It never learned: {0}.</source>
        <translation>从未学过：{0}。</translation>
    </message>
    <message>
        <source>Use words from the dataset it was trained on.</source>
        <translation>请使用其训练数据集中出现过的词。</translation>
    </message>
    <message>
        <source>The word vectors cannot be used.</source>
        <translation>无法使用词向量。</translation>
    </message>
    <message>
        <source>Choose a text file in the format of word2vec or GloVe, or leave the field empty.</source>
        <translation>请选择 word2vec 或 GloVe 格式的文本文件，或将此栏留空。</translation>
    </message>
    <message>
        <source>The dataset is not the one this run was trained on.</source>
        <translation>这不是训练时所用的数据集。</translation>
    </message>
    <message>
        <source>{0} holds version {1}, the run knows version {2}.</source>
        <translation>{0} 中是版本 {1}，而训练用的是版本 {2}。</translation>
    </message>
    <message>
        <source>Restore the old version, or measure a newer run.</source>
        <translation>请恢复旧版本，或评估更新的训练。</translation>
    </message>
    <message>
        <source>The work was stopped.</source>
        <translation>工作已停止。</translation>
    </message>
    <message>
        <source>The user requested it.</source>
        <translation>这是应要求停止的。</translation>
    </message>
    <message>
        <source>Start it again whenever you like.</source>
        <translation>随时可以重新开始。</translation>
    </message>
    <message>
        <source>Something went wrong inside Diptych.</source>
        <translation>Diptych 内部出了问题。</translation>
    </message>
    <message>
        <source>This is a fault of the program, not yours. Nothing that was saved is lost. Please report it with the details below.</source>
        <translation>这是程序的错误，与您无关。已保存的内容没有丢失。请附上下面的详细信息进行报告。</translation>
    </message>
</context>
<context>
    <name>ExportFields</name>
    <message>
        <source>What is exported</source>
        <translation>导出哪些内容</translation>
    </message>
    <message>
        <source>What to export</source>
        <translation>导出内容</translation>
    </message>
    <message>
        <source>Format of the film</source>
        <translation>影片的格式</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>How many previews are shown in a second</source>
        <translation>每秒显示多少张预览</translation>
    </message>
    <message>
        <source>Frames a second</source>
        <translation>每秒帧数</translation>
    </message>
    <message>
        <source>A new or empty folder; it is made if it does not exist</source>
        <translation>新的或空的文件夹；不存在时会创建</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>Folder for the export</source>
        <translation>存放导出内容的文件夹</translation>
    </message>
</context>
<context>
    <name>ExportForm</name>
    <message>
        <source>ONNX needs further packages. Install them with: pip install &apos;diptych-studio[onnx]&apos;</source>
        <translation>ONNX 还需要其他软件包。请用以下命令安装：pip install &apos;diptych-studio[onnx]&apos;</translation>
    </message>
    <message>
        <source>The run has not saved a checkpoint yet</source>
        <translation>该训练尚未保存检查点</translation>
    </message>
    <message>
        <source>The run has no previews yet</source>
        <translation>该训练还没有预览</translation>
    </message>
    <message>
        <source>An exported model has no curves</source>
        <translation>导出的模型没有曲线</translation>
    </message>
    <message>
        <source>MP4 needs the program ffmpeg on the PATH</source>
        <translation>MP4 需要 PATH 中有 ffmpeg 程序</translation>
    </message>
    <message>
        <source>This format cannot be written on this computer</source>
        <translation>这台电脑无法写入此格式</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Model with ONNX files</source>
        <translation>模型（含 ONNX 文件）</translation>
    </message>
    <message>
        <source>Curves</source>
        <translation>曲线</translation>
    </message>
    <message>
        <source>Film of the previews</source>
        <translation>预览影片</translation>
    </message>
    <message>
        <source>Averaged weights (safetensors), settings, vocabulary, a model card with figures and samples, and a program that samples without Diptych. The studio opens the folder, too.</source>
        <translation>平均后的权重（safetensors）、设置、词表、带有指标和样本的模型卡，以及一个无需 Diptych 即可采样的程序。Diptych 也能打开该文件夹。</translation>
    </message>
    <message>
        <source>The same, and networks in ONNX that draw and read without PyTorch. Takes a minute or more; they are compared with the model before they are saved.</source>
        <translation>同上，另含 ONNX 格式的网络，无需 PyTorch 即可生成和读取。需要一分钟或更久；保存前会与模型比对。</translation>
    </message>
    <message>
        <source>Losses and quality as CSV, and as an event file for TensorBoard.</source>
        <translation>损失和质量，保存为 CSV 以及 TensorBoard 的事件文件。</translation>
    </message>
    <message>
        <source>All previews of the run one after another, the last one longer.</source>
        <translation>依次显示该训练的所有预览，最后一张停留更久。</translation>
    </message>
</context>
<context>
    <name>ExportRunDialog</name>
    <message>
        <source>Export {0}</source>
        <translation>导出 {0}</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Step {0} of {1}</source>
        <translation>第 {0} 步，共 {1} 步</translation>
    </message>
    <message>
        <source>Exported</source>
        <translation>已导出</translation>
    </message>
    <message>
        <source>Cancelled; nothing was exported</source>
        <translation>已取消；未导出任何内容</translation>
    </message>
    <message>
        <source>Correct the red fields first</source>
        <translation>请先更正标红的字段</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Preparing…</source>
        <translation>正在准备…</translation>
    </message>
    <message>
        <source>Cancelling…</source>
        <translation>正在取消…</translation>
    </message>
</context>
<context>
    <name>FieldRow</name>
    <message>
        <source>Kind of {0}</source>
        <translation>{0} 的类型</translation>
    </message>
    <message>
        <source>Values of {0}</source>
        <translation>{0} 的值</translation>
    </message>
</context>
<context>
    <name>FieldText</name>
    <message>
        <source>Number</source>
        <translation>数值</translation>
    </message>
    <message>
        <source>Category</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>略去</translation>
    </message>
    <message>
        <source>What the cells are, or that the column is left out</source>
        <translation>单元格的内容类型，或略去该列</translation>
    </message>
    <message>
        <source>Its cells are neither numbers nor categories</source>
        <translation>其单元格既不是数值，也不是类别</translation>
    </message>
    <message numerus="yes">
        <source>%Ln field(s)</source>
        <translation>
            <numerusform>%Ln 个字段</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln of numbers</source>
        <translation>
            <numerusform>%Ln 个为数值</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln of categories</source>
        <translation>
            <numerusform>%Ln 个为类别</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln column(s) left out</source>
        <translation>
            <numerusform>略去 %Ln 列</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln missing</source>
        <translation>
            <numerusform>%Ln 个缺失</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln unreadable</source>
        <translation>
            <numerusform>%Ln 个无法读取</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln different value(s)</source>
        <translation>
            <numerusform>%Ln 个不同的值</numerusform>
        </translation>
    </message>
    <message>
        <source>Left out by you.</source>
        <translation>由您略去。</translation>
    </message>
    <message>
        <source>Left out: it has no cells.</source>
        <translation>已略去：该列没有单元格。</translation>
    </message>
    <message>
        <source>All rows have the same value: there is nothing to learn.</source>
        <translation>所有行的值都相同：没有可学的内容。</translation>
    </message>
    <message>
        <source>Almost every row has a value of its own, as identifiers have: there is nothing to learn.</source>
        <translation>几乎每一行的值都互不相同，如同标识符：没有可学的内容。</translation>
    </message>
    <message>
        <source>Free text: too long or too varied for categories.</source>
        <translation>自由文本：过长或过于多样，无法作为类别。</translation>
    </message>
    <message>
        <source>Left out. {0}</source>
        <translation>已略去。{0}</translation>
    </message>
</context>
<context>
    <name>FieldsPage</name>
    <message>
        <source>Make a table of these columns</source>
        <translation>将这些列制成表格</translation>
    </message>
    <message>
        <source>Otherwise the columns that hold no images, texts or sounds are left out</source>
        <translation>否则，不含图像、文本或声音的列会被略去</translation>
    </message>
    <message>
        <source>The remaining columns are left out.</source>
        <translation>其余的列将被略去。</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>表格</translation>
    </message>
    <message>
        <source>Each row is an item. Choose what its columns hold.</source>
        <translation>每一行是一个条目。请选择各列的内容类型。</translation>
    </message>
    <message>
        <source>Columns without images, texts or sounds become fields of a table.</source>
        <translation>不含图像、文本或声音的列将成为表格的字段。</translation>
    </message>
    <message>
        <source>A table needs at least one field.</source>
        <translation>表格至少需要一个字段。</translation>
    </message>
    <message>
        <source>Reading the cells…</source>
        <translation>正在读取单元格…</translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s) read so far…</source>
        <translation>
            <numerusform>目前已读取 %Ln 行…</numerusform>
        </translation>
    </message>
    <message>
        <source>Numbers keep their order and distances. Categories are separate values, such as colours or diagnoses.</source>
        <translation>数值保留其大小顺序和间距。类别是彼此独立的值，例如颜色或诊断。</translation>
    </message>
    <message>
        <source>Identifiers, constants and free text are left out: there is nothing in them for a table to learn.</source>
        <translation>标识符、恒定值和自由文本会被略去：其中没有可供表格学习的内容。</translation>
    </message>
    <message>
        <source>Missing cells are kept as missing.</source>
        <translation>缺失的单元格会按缺失保留。</translation>
    </message>
</context>
<context>
    <name>FilmExport</name>
    <message>
        <source>Cancelled; nothing was saved.</source>
        <translation>已取消；未保存任何内容。</translation>
    </message>
    <message>
        <source>Save the walk</source>
        <translation>保存漫步</translation>
    </message>
    <message>
        <source>Film (*.{0})</source>
        <translation>影片 (*.{0})</translation>
    </message>
    <message>
        <source>Saved as {0}</source>
        <translation>已保存为 {0}</translation>
    </message>
</context>
<context>
    <name>ForecastView</name>
    <message>
        <source>Estimate</source>
        <translation>估算</translation>
    </message>
    <message>
        <source>Sample of such a run</source>
        <translation>此类训练的样本</translation>
    </message>
    <message>
        <source>The images that runs of our own needed, and the time that follows from the speed of this computer. Evaluations add some.</source>
        <translation>我们自己的训练所需的图像数，以及按这台电脑的速度推算的时间。评估还需要一些时间。</translation>
    </message>
    <message>
        <source>Shapes recognisable: not measured</source>
        <translation>形状可辨：未测量</translation>
    </message>
    <message>
        <source>Shapes recognisable after {0}</source>
        <translation>形状可辨：{0}后</translation>
    </message>
    <message>
        <source>As good as it gets: not measured</source>
        <translation>达到最佳：未测量</translation>
    </message>
    <message>
        <source>As good as it gets after {0}</source>
        <translation>达到最佳：{0}后</translation>
    </message>
    <message>
        <source>{0} on this computer</source>
        <translation>这台电脑：{0}</translation>
    </message>
    <message>
        <source>Measuring the speed…</source>
        <translation>正在测量速度…</translation>
    </message>
    <message>
        <source>{0} images in {1} min</source>
        <translation>{1} 分钟 {0} 张图像</translation>
    </message>
    <message>
        <source>{0} images</source>
        <translation>{0} 张图像</translation>
    </message>
    <message>
        <source>{0} s</source>
        <translation>{0} 秒</translation>
    </message>
    <message>
        <source>{0} min</source>
        <translation>{0} 分钟</translation>
    </message>
    <message>
        <source>Images needed: not measured for branches.</source>
        <translation>所需图像数：未对分支测量。</translation>
    </message>
    <message>
        <source>Images needed: not measured for images like these.</source>
        <translation>所需图像数：未对这类图像测量。</translation>
    </message>
    <message>
        <source>What such a run gave after {0} images; click to enlarge</source>
        <translation>此类训练在 {0} 张图像后的结果；点击放大</translation>
    </message>
    <message>
        <source>Changes the image size, or the preset where there is one for this size; settings that you changed are kept</source>
        <translation>更改图像尺寸；若有适合该尺寸的预设，则更换预设。您改过的设置会保留</translation>
    </message>
    <message>
        <source>Train for about a second to measure the speed; no run is made</source>
        <translation>试训练约一秒以测量速度；不会创建训练</translation>
    </message>
    <message>
        <source>Measured on {0}.</source>
        <translation>测量所用数据：{0}。</translation>
    </message>
    <message>
        <source>Images needed: not measured for runs that start from another.</source>
        <translation>所需图像数：未对从其他训练开始的训练测量。</translation>
    </message>
    <message>
        <source>Images needed: not measured with these settings, only with the values of the preset {0}.</source>
        <translation>所需图像数：未按这些设置测量，只按预设“{0}”的数值测量过。</translation>
    </message>
    <message>
        <source>The images have {0} px, the run makes {1} px: details are lost.</source>
        <translation>图像为 {0} 像素，本次训练生成 {1} 像素：细节会丢失。</translation>
    </message>
    <message>
        <source>The images have {0} px, the run makes {1} px: pixels are invented.</source>
        <translation>图像为 {0} 像素，本次训练生成 {1} 像素：多出的像素是虚构的。</translation>
    </message>
    <message>
        <source>Use {0} px</source>
        <translation>使用 {0} 像素</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>A run after {0} images.</source>
        <translation>{0} 张图像后的训练。</translation>
    </message>
    <message>
        <source>What to expect</source>
        <translation>预期结果</translation>
    </message>
</context>
<context>
    <name>ForkOriginLabel</name>
    <message>
        <source>Cancel branch</source>
        <translation>取消分支</translation>
    </message>
    <message>
        <source>Start from the beginning; the settings stay</source>
        <translation>从头开始；设置保持不变</translation>
    </message>
    <message>
        <source>A branch of {0}, from {1} after {2} images.</source>
        <translation>{0} 的分支，始于 {1}，已训练 {2} 张图像。</translation>
    </message>
</context>
<context>
    <name>FormatPage</name>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>Check that the rows are read correctly.</source>
        <translation>请检查各行是否读取正确。</translation>
    </message>
    <message>
        <source>Check that what belongs together has been put together.</source>
        <translation>请检查彼此对应的内容是否已归到一起。</translation>
    </message>
    <message>
        <source>Looking for items…</source>
        <translation>正在查找条目…</translation>
    </message>
    <message>
        <source>No pairs were found with this format.</source>
        <translation>以此方式读取没有找到图文对。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln sound(s)</source>
        <translation>
            <numerusform>%Ln 个声音</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s)</source>
        <translation>
            <numerusform>%Ln 张图像</numerusform>
        </translation>
    </message>
    <message>
        <source>Updating…</source>
        <translation>正在查看…</translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) found so far…</source>
        <translation>
            <numerusform>目前找到 %Ln 条…</numerusform>
        </translation>
    </message>
    <message>
        <source>This format cannot read the source.</source>
        <translation>此读取方式在这里行不通。</translation>
    </message>
    <message>
        <source>Play or stop</source>
        <translation>播放或停止</translation>
    </message>
    <message numerus="yes">
        <source>%Ln pair(s)</source>
        <translation>
            <numerusform>%Ln 个图文对</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) with several texts</source>
        <translation>
            <numerusform>%Ln 张图像有多个文本</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) without text</source>
        <translation>
            <numerusform>%Ln 张图像没有文本</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) without image</source>
        <translation>
            <numerusform>%Ln 个文本没有图像</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) with a sound</source>
        <translation>
            <numerusform>%Ln 个带声音的条目</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s) of a table</source>
        <translation>
            <numerusform>%Ln 个表格行</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>FoundText</name>
    <message>
        <source>Merge</source>
        <translation>合并</translation>
    </message>
    <message>
        <source>Give the first of each all captions, and exclude the others</source>
        <translation>把全部描述给第一个，并排除其他</translation>
    </message>
    <message>
        <source>Train on them</source>
        <translation>用于训练</translation>
    </message>
    <message>
        <source>Move these images to the training set</source>
        <translation>不再留出这些图像</translation>
    </message>
    <message>
        <source>Fix</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>Restore the right characters</source>
        <translation>恢复正确的字符</translation>
    </message>
    <message>
        <source>Keep the first of each, and exclude the others</source>
        <translation>只保留第一个，排除其他</translation>
    </message>
    <message>
        <source>Leave these items out of the next version</source>
        <translation>在下一版本中略去这些条目</translation>
    </message>
    <message>
        <source>Exclude</source>
        <translation>排除</translation>
    </message>
</context>
<context>
    <name>GalleryFields</name>
    <message>
        <source>Texts</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>What to draw, one text a line</source>
        <translation>要画什么，每行一条文本</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Pairs</source>
        <translation>图文对</translation>
    </message>
    <message>
        <source>Items</source>
        <translation>条目数</translation>
    </message>
    <message>
        <source>How many pairs to draw from the newest checkpoint</source>
        <translation>从最新检查点生成多少对</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>Start of the noise: the same seed and checkpoint give the same pairs</source>
        <translation>噪声的起点：相同的种子和检查点得到相同的图文对</translation>
    </message>
    <message>
        <source>To seed</source>
        <translation>到种子</translation>
    </message>
    <message>
        <source>Where the walk ends: at the first pair of this seed</source>
        <translation>漫步的终点：此种子的第一对</translation>
    </message>
    <message>
        <source>Truncation</source>
        <translation>截断</translation>
    </message>
    <message>
        <source>Share of the noise: less gives more typical pairs that vary less</source>
        <translation>使用多少噪声：越少越典型，变化也越小</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>A new or empty folder; it is made if it does not exist</source>
        <translation>新的或空的文件夹；不存在时会创建</translation>
    </message>
    <message>
        <source>What is given and what is made</source>
        <translation>给定什么、生成什么</translation>
    </message>
    <message>
        <source>What to make</source>
        <translation>生成内容</translation>
    </message>
    <message>
        <source>The image to name, or a folder of images</source>
        <translation>要配文的图像，或图像文件夹</translation>
    </message>
    <message>
        <source>Folder of images</source>
        <translation>图像文件夹</translation>
    </message>
    <message>
        <source>Folder for the gallery</source>
        <translation>画廊文件夹</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
</context>
<context>
    <name>GalleryForm</name>
    <message>
        <source>Write at least one text</source>
        <translation>请至少写一条文本</translation>
    </message>
    <message>
        <source>Write at least two texts</source>
        <translation>请至少写两条文本</translation>
    </message>
    <message>
        <source>Pairs from noise</source>
        <translation>由噪声生成图文对</translation>
    </message>
    <message>
        <source>Images for my texts</source>
        <translation>为我的文本画图</translation>
    </message>
    <message>
        <source>Texts for my images</source>
        <translation>为我的图像配文</translation>
    </message>
    <message>
        <source>A walk between two pairs</source>
        <translation>在两对之间漫步</translation>
    </message>
    <message>
        <source>A walk between my texts</source>
        <translation>在我的文本之间漫步</translation>
    </message>
    <message>
        <source>Choose an image or a folder of images</source>
        <translation>请选择图像或图像文件夹</translation>
    </message>
    <message>
        <source>Line {0} is not drawn; the run does not know: {1}</source>
        <translation>第 {0} 行不会绘制；该次训练不认识：{1}</translation>
    </message>
    <message>
        <source>Line {0} is too long for the run and is drawn as “{1}”</source>
        <translation>第 {0} 行超出该次训练的长度，将按“{1}”绘制</translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation>请选择文件夹</translation>
    </message>
    <message>
        <source>Enter the whole path</source>
        <translation>请输入完整路径</translation>
    </message>
    <message>
        <source>This is a file, not a folder</source>
        <translation>这是文件，不是文件夹</translation>
    </message>
    <message>
        <source>This folder already holds files</source>
        <translation>该文件夹中已有文件</translation>
    </message>
    <message>
        <source>Nothing can be written there</source>
        <translation>无法在此处写入</translation>
    </message>
</context>
<context>
    <name>GalleryItems</name>
    <message>
        <source>First items of the gallery</source>
        <translation>画廊的前几个条目</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>图像</translation>
    </message>
</context>
<context>
    <name>GalleryPanel</name>
    <message>
        <source>Save gallery…</source>
        <translation>保存画廊…</translation>
    </message>
    <message>
        <source>Draw new pairs from the trained generator and write them to a folder</source>
        <translation>用训练好的生成器生成新的图文对并写入文件夹</translation>
    </message>
    <message>
        <source>There is no run to draw pairs from yet. Start one first.</source>
        <translation>还没有可用的训练。请先开始一次训练。</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>缩放</translation>
    </message>
    <message>
        <source>Zoom (Ctrl and mouse wheel)</source>
        <translation>缩放（Ctrl 加鼠标滚轮）</translation>
    </message>
    <message>
        <source>Play with this</source>
        <translation>用它试玩</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>全选</translation>
    </message>
    <message>
        <source>Select starred</source>
        <translation>选择已加星标的</translation>
    </message>
    <message>
        <source>Smaller</source>
        <translation>缩小</translation>
    </message>
    <message>
        <source>Larger</source>
        <translation>放大</translation>
    </message>
    <message>
        <source>Search texts and tags</source>
        <translation>搜索文本和标签</translation>
    </message>
    <message>
        <source>Generated pairs</source>
        <translation>生成的图文对</translation>
    </message>
    <message>
        <source>No pairs yet. Start a run: the first ones appear within seconds.</source>
        <translation>还没有图文对。开始训练后，几秒内就会出现。</translation>
    </message>
</context>
<context>
    <name>GivenColumn</name>
    <message>
        <source>Fields: {0}</source>
        <translation>字段：{0}</translation>
    </message>
    <message>
        <source>Enter at least one cell</source>
        <translation>请至少填写一个单元格</translation>
    </message>
    <message>
        <source>Choose a sound or a folder of sounds</source>
        <translation>请选择声音或声音文件夹</translation>
    </message>
    <message>
        <source>Choose a file of rows: CSV or JSON lines</source>
        <translation>请选择含有行的文件：CSV 或 JSON lines</translation>
    </message>
    <message>
        <source>Enter a number</source>
        <translation>请输入数字</translation>
    </message>
    <message>
        <source>Leave at least one to be made</source>
        <translation>请至少留一列由模型生成</translation>
    </message>
</context>
<context>
    <name>GivenColumnRows</name>
    <message>
        <source>Make</source>
        <translation>生成</translation>
    </message>
    <message>
        <source>Give</source>
        <translation>给定</translation>
    </message>
    <message>
        <source>Enter cells, fill in the rest</source>
        <translation>填写部分单元格，其余由模型补全</translation>
    </message>
    <message>
        <source>Whether it is made, or given by you</source>
        <translation>由模型生成，还是由您给定</translation>
    </message>
    <message>
        <source>Given {0}</source>
        <translation>给定的{0}</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>Drop it here, browse or enter the path</source>
        <translation>拖放到这里、浏览或输入路径</translation>
    </message>
    <message>
        <source>Tables (*.csv *.tsv *.jsonl *.json)</source>
        <translation>表格 (*.csv *.tsv *.jsonl *.json)</translation>
    </message>
    <message>
        <source>What to start from, one text a line</source>
        <translation>从哪些文本出发，每行一条</translation>
    </message>
    <message>
        <source>An image or a folder of images</source>
        <translation>图像或图像文件夹</translation>
    </message>
    <message>
        <source>A sound or a folder of sounds</source>
        <translation>声音或声音文件夹</translation>
    </message>
    <message>
        <source>File of rows: CSV or JSON lines</source>
        <translation>含有行的文件：CSV 或 JSON lines</translation>
    </message>
</context>
<context>
    <name>Health</name>
    <message>
        <source>The generator makes the same thing again and again.</source>
        <translation>生成器反复生成同样的东西。</translation>
    </message>
    <message>
        <source>The discriminator is never wrong, so the generator learns nothing.</source>
        <translation>判别器从不出错，生成器因此学不到东西。</translation>
    </message>
    <message>
        <source>The discriminator has memorised the training pairs.</source>
        <translation>判别器已把训练数据背了下来。</translation>
    </message>
    <message>
        <source>The pictures show a fine grid or grain that real ones do not have.</source>
        <translation>图像上有真实图像所没有的细网格或颗粒。</translation>
    </message>
    <message>
        <source>The pictures are blurred.</source>
        <translation>图像模糊。</translation>
    </message>
    <message>
        <source>The pictures match their texts no more often than by chance.</source>
        <translation>图片与文本相符的程度不高于随机水平。</translation>
    </message>
    <message>
        <source>A loss is no longer a number.</source>
        <translation>有损失已不再是数值。</translation>
    </message>
</context>
<context>
    <name>ImagesPage</name>
    <message>
        <source>Values of images with more than 8 bits</source>
        <translation>超过 8 位的图像的值</translation>
    </message>
    <message>
        <source>value</source>
        <translation>值</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>All images are stored in one size and shape. Preview the result here.</source>
        <translation>所有图像都以同一尺寸和形状保存。可在此预览结果。</translation>
    </message>
    <message>
        <source>Before and after</source>
        <translation>处理前后</translation>
    </message>
    <message>
        <source>No image could be read.</source>
        <translation>没有可读取的图像。</translation>
    </message>
    <message>
        <source>{0} becomes black and {1} white in all images. Drag the edges to change the range.</source>
        <translation>在所有图像中，{0} 变为黑色，{1} 变为白色。拖动边缘可更改范围。</translation>
    </message>
    <message>
        <source>Stored as {0} × {1} px.</source>
        <translation>保存为 {0} × {1} 像素。</translation>
    </message>
    <message>
        <source>Most images are square, or shapes differ: stored as {0} × {1} px.</source>
        <translation>大多数图像是正方形，或形状不一：保存为 {0} × {1} 像素。</translation>
    </message>
    <message>
        <source>Most images are long; the longest shape is 4:1: {0} × {1} px.</source>
        <translation>大多数图像很长；最长的形状为 4:1：{0} × {1} 像素。</translation>
    </message>
    <message>
        <source>Most images have this shape, which is kept: stored as {0} × {1} px.</source>
        <translation>大多数图像都是这一形状，予以保留：保存为 {0} × {1} 像素。</translation>
    </message>
    <message>
        <source>Images of another shape get margins in the background colour.</source>
        <translation>形状不同的图像用背景色补边。</translation>
    </message>
    <message>
        <source>Of images of another shape, the edges are cut off.</source>
        <translation>形状不同的图像会裁去边缘。</translation>
    </message>
    <message>
        <source>Images of another shape are distorted.</source>
        <translation>形状不同的图像会变形。</translation>
    </message>
    <message>
        <source>{0} × {1}  →  {2} × {3} px</source>
        <translation>{0} × {1}  →  {2} × {3} 像素</translation>
    </message>
    <message>
        <source>Smaller than the size to store</source>
        <translation>小于存储尺寸</translation>
    </message>
</context>
<context>
    <name>ImportForm</name>
    <message>
        <source>Enter a name</source>
        <translation>请输入名称</translation>
    </message>
    <message>
        <source>This cannot be the name of a folder</source>
        <translation>这不能用作文件夹名称</translation>
    </message>
    <message>
        <source>A dataset of this name exists already</source>
        <translation>已有同名数据集</translation>
    </message>
    <message>
        <source>Nothing can be written to the workspace</source>
        <translation>无法写入工作区</translation>
    </message>
    <message>
        <source>Write # and six hex digits, such as #ffffff</source>
        <translation>请写 # 加六位十六进制数字，例如 #ffffff</translation>
    </message>
    <message>
        <source>Write auto, or two numbers such as 0:4095</source>
        <translation>请填写 auto，或两个数字，例如 0:4095</translation>
    </message>
</context>
<context>
    <name>ImportText</name>
    <message>
        <source>Images with a text file for each</source>
        <translation>每张图像配一个文本文件</translation>
    </message>
    <message>
        <source>Images in class folders</source>
        <translation>按类别分文件夹的图像</translation>
    </message>
    <message>
        <source>The name of the image&apos;s folder is its text.</source>
        <translation>图像所在文件夹的名称就是其文本。</translation>
    </message>
    <message>
        <source>A table that names images and texts</source>
        <translation>列出图像与文本的表格</translation>
    </message>
    <message>
        <source>One row for each image, in CSV, TSV, JSON or JSON lines.</source>
        <translation>每张图像一行，格式为 CSV、TSV、JSON 或 JSON Lines。</translation>
    </message>
    <message>
        <source>Its rows name image files or contain the images.</source>
        <translation>各行给出图像文件名，或直接包含图像。</translation>
    </message>
    <message>
        <source>WebDataset shards</source>
        <translation>WebDataset 分片</translation>
    </message>
    <message>
        <source>In tar files, an image and its text share the first part of a name.</source>
        <translation>在 tar 文件中，图像与其文本的文件名前半部分相同。</translation>
    </message>
    <message>
        <source>IDX files, like MNIST</source>
        <translation>IDX 文件（如 MNIST）</translation>
    </message>
    <message>
        <source>One file holds all images, another the label of each.</source>
        <translation>一个文件存放全部图像，另一个存放每张的标签。</translation>
    </message>
    <message>
        <source>A gallery that Diptych saved</source>
        <translation>Diptych 保存的画廊</translation>
    </message>
    <message>
        <source>Pairs sampled by a run, with their texts.</source>
        <translation>某次运行生成的图文对。</translation>
    </message>
    <message>
        <source>Texts inside the image files</source>
        <translation>图像文件内的文本</translation>
    </message>
    <message>
        <source>Descriptions that cameras and programs write into EXIF, XMP or PNG.</source>
        <translation>相机和程序写入 EXIF、XMP 或 PNG 的描述。</translation>
    </message>
    <message>
        <source>File names as texts</source>
        <translation>以文件名为文本</translation>
    </message>
    <message>
        <source>A .txt, .caption, .tags or .json file of the same name, beside the image or in a folder of its own, holds its text.</source>
        <translation>同名的 .txt、.caption、.tags 或 .json 文件（在图像旁边或单独的文件夹中）包含其文本。</translation>
    </message>
    <message>
        <source>A Parquet or Arrow table</source>
        <translation>Parquet 或 Arrow 表格</translation>
    </message>
    <message>
        <source>COCO annotations</source>
        <translation>COCO 标注</translation>
    </message>
    <message>
        <source>One JSON file lists the images with captions, or with boxes: then the names of their categories are the text, and the boxes are left out.</source>
        <translation>一个 JSON 文件列出图像及其说明文字；若只有标注框，则以类别名称为文本，不导入标注框。</translation>
    </message>
    <message>
        <source>Boxes of Pascal VOC, YOLO or CVAT</source>
        <translation>Pascal VOC、YOLO 或 CVAT 的标注框</translation>
    </message>
    <message>
        <source>The names of the classes are the text; the boxes are left out.</source>
        <translation>类别名称就是文本；不导入标注框。</translation>
    </message>
    <message>
        <source>The name of the image file is its text; numbers, identifiers and names that cameras give are left out.</source>
        <translation>图像文件的名称就是文本；数字、标识符和相机所起的名称会被去掉。</translation>
    </message>
    <message>
        <source>Hidden files of the system</source>
        <translation>系统的隐藏文件</translation>
    </message>
    <message>
        <source>Empty files and texts</source>
        <translation>空文件和空文本</translation>
    </message>
    <message>
        <source>Named like images, but not images</source>
        <translation>名称像图像但并非图像</translation>
    </message>
    <message>
        <source>Files that are not used here</source>
        <translation>此处不使用的文件</translation>
    </message>
    <message>
        <source>Sounds with a text file for each</source>
        <translation>每个声音配一个文本文件</translation>
    </message>
    <message>
        <source>A .txt file of the same name, beside the sound or in a folder of its own, holds its text.</source>
        <translation>同名的 .txt 文件（在声音旁边或单独的文件夹中）包含其文本。</translation>
    </message>
    <message>
        <source>Sounds in class folders</source>
        <translation>按类别分文件夹的声音</translation>
    </message>
    <message>
        <source>The name of the sound&apos;s folder is its text.</source>
        <translation>声音所在文件夹的名称就是其文本。</translation>
    </message>
    <message>
        <source>A table that names sounds and texts</source>
        <translation>列出声音与文本的表格</translation>
    </message>
    <message>
        <source>One row for each sound, in CSV, TSV, JSON or JSON lines.</source>
        <translation>每个声音一行，格式为 CSV、TSV、JSON 或 JSON Lines。</translation>
    </message>
    <message>
        <source>The name of the sound file is its text; numbers and identifiers are left out.</source>
        <translation>声音文件的名称就是文本；数字和标识符会被去掉。</translation>
    </message>
    <message>
        <source>A table of its own</source>
        <translation>单独的表格</translation>
    </message>
    <message>
        <source>Each row is an item: numbers, categories and texts.</source>
        <translation>每一行是一个条目：数值、类别和文本。</translation>
    </message>
    <message>
        <source>Named like sounds, but not sounds</source>
        <translation>名称像声音但不是声音</translation>
    </message>
    <message>
        <source>Silent sounds</source>
        <translation>静音的声音</translation>
    </message>
    <message>
        <source>Overdriven sounds</source>
        <translation>过载的声音</translation>
    </message>
    <message>
        <source>Sounds longer than what is stored</source>
        <translation>长于存储长度的声音</translation>
    </message>
    <message>
        <source>Copies of another sound</source>
        <translation>与另一声音相同的副本</translation>
    </message>
    <message>
        <source>Files of an unsupported type</source>
        <translation>类型不受支持的文件</translation>
    </message>
    <message>
        <source>Truncated images and sounds</source>
        <translation>不完整的图像和声音</translation>
    </message>
    <message>
        <source>Damaged images and sounds</source>
        <translation>损坏的图像和声音</translation>
    </message>
    <message>
        <source>Larger than what is allowed</source>
        <translation>超过允许的大小</translation>
    </message>
    <message>
        <source>Files without read permission</source>
        <translation>系统不允许读取的文件</translation>
    </message>
    <message>
        <source>Encrypted with a password</source>
        <translation>有密码加密</translation>
    </message>
    <message>
        <source>Paths that lead out of the source</source>
        <translation>指向来源之外的路径</translation>
    </message>
    <message>
        <source>Links</source>
        <translation>链接</translation>
    </message>
    <message>
        <source>Devices and pipes</source>
        <translation>设备和管道</translation>
    </message>
    <message>
        <source>Web addresses instead of images</source>
        <translation>网址，不是图像</translation>
    </message>
    <message>
        <source>Rows that lack an image or a text</source>
        <translation>缺少图像或文本的行</translation>
    </message>
    <message>
        <source>Numbers or code instead of captions</source>
        <translation>数字或代码，不是说明文字</translation>
    </message>
    <message>
        <source>Texts in an unknown encoding</source>
        <translation>编码未知的文本</translation>
    </message>
    <message>
        <source>Images without a text</source>
        <translation>没有文本的图像</translation>
    </message>
    <message>
        <source>Texts without an image</source>
        <translation>没有图像的文本</translation>
    </message>
    <message>
        <source>Copies of another image</source>
        <translation>其他图像的副本</translation>
    </message>
    <message>
        <source>Images almost like another</source>
        <translation>与其他图像几乎相同的图像</translation>
    </message>
    <message>
        <source>Images smaller than the size to store</source>
        <translation>小于存储尺寸的图像</translation>
    </message>
    <message>
        <source>Very long or very wide images</source>
        <translation>过长或过宽的图像</translation>
    </message>
    <message>
        <source>Items with a text that many others share</source>
        <translation>文本与许多条目相同的条目</translation>
    </message>
    <message>
        <source>Items with a very long text</source>
        <translation>文本过长的条目</translation>
    </message>
    <message>
        <source>Items with garbled text</source>
        <translation>文本乱码的条目</translation>
    </message>
    <message>
        <source>Validation items that resemble one to train on</source>
        <translation>与训练项雷同的验证条目</translation>
    </message>
    <message>
        <source>Items that you excluded</source>
        <translation>您排除的条目</translation>
    </message>
    <message>
        <source>Empty</source>
        <translation>空</translation>
    </message>
    <message>
        <source>Not an image</source>
        <translation>不是图像</translation>
    </message>
    <message>
        <source>Not a sound</source>
        <translation>不是声音</translation>
    </message>
    <message>
        <source>Silent</source>
        <translation>静音</translation>
    </message>
    <message>
        <source>Cannot be read</source>
        <translation>无法读取</translation>
    </message>
    <message>
        <source>Truncated</source>
        <translation>不完整</translation>
    </message>
    <message>
        <source>Damaged</source>
        <translation>已损坏</translation>
    </message>
    <message>
        <source>Too large</source>
        <translation>过大</translation>
    </message>
    <message>
        <source>No read permission</source>
        <translation>不允许读取</translation>
    </message>
    <message>
        <source>Hidden file</source>
        <translation>隐藏文件</translation>
    </message>
    <message>
        <source>No text</source>
        <translation>无文本</translation>
    </message>
    <message>
        <source>No image</source>
        <translation>无图像</translation>
    </message>
    <message>
        <source>Incomplete row</source>
        <translation>不完整的行</translation>
    </message>
    <message>
        <source>Link</source>
        <translation>链接</translation>
    </message>
    <message>
        <source>Excluded</source>
        <translation>已排除</translation>
    </message>
    <message>
        <source>Latin</source>
        <translation>拉丁字母</translation>
    </message>
    <message>
        <source>Chinese characters</source>
        <translation>汉字</translation>
    </message>
    <message>
        <source>Japanese</source>
        <translation>日文</translation>
    </message>
    <message>
        <source>Korean</source>
        <translation>韩文</translation>
    </message>
    <message>
        <source>Cyrillic</source>
        <translation>西里尔字母</translation>
    </message>
    <message>
        <source>Greek</source>
        <translation>希腊字母</translation>
    </message>
    <message>
        <source>Arabic</source>
        <translation>阿拉伯文</translation>
    </message>
    <message>
        <source>Hebrew</source>
        <translation>希伯来文</translation>
    </message>
    <message>
        <source>Devanagari</source>
        <translation>天城文</translation>
    </message>
    <message>
        <source>Thai</source>
        <translation>泰文</translation>
    </message>
    <message>
        <source>Digits and symbols only</source>
        <translation>仅数字和符号</translation>
    </message>
    <message>
        <source>Other scripts</source>
        <translation>其他文字</translation>
    </message>
    <message>
        <source>Detect automatically</source>
        <translation>自动检测</translation>
    </message>
    <message>
        <source>Simplified Chinese (GBK, GB18030)</source>
        <translation>简体中文（GBK、GB18030）</translation>
    </message>
    <message>
        <source>Traditional Chinese (Big5)</source>
        <translation>繁体中文（Big5）</translation>
    </message>
    <message>
        <source>Japanese (Shift-JIS)</source>
        <translation>日文（Shift-JIS）</translation>
    </message>
    <message>
        <source>Japanese (EUC-JP)</source>
        <translation>日文（EUC-JP）</translation>
    </message>
    <message>
        <source>Korean (EUC-KR)</source>
        <translation>韩文（EUC-KR）</translation>
    </message>
    <message>
        <source>Western European (Windows-1252)</source>
        <translation>西欧（Windows-1252）</translation>
    </message>
    <message>
        <source>Cyrillic (Windows-1251)</source>
        <translation>西里尔文（Windows-1251）</translation>
    </message>
    <message>
        <source>Western European (Latin-1)</source>
        <translation>西欧（Latin-1）</translation>
    </message>
    <message>
        <source>Listing the files</source>
        <translation>正在列出文件</translation>
    </message>
    <message>
        <source>Finding what belongs together</source>
        <translation>正在查找彼此对应的内容</translation>
    </message>
    <message>
        <source>Reading the files</source>
        <translation>正在读取文件</translation>
    </message>
    <message>
        <source>Comparing the items</source>
        <translation>正在比较结果</translation>
    </message>
    <message>
        <source>Writing the dataset</source>
        <translation>正在写入数据集</translation>
    </message>
    <message>
        <source>{0} of {1}</source>
        <translation>{0} / {1}</translation>
    </message>
    <message>
        <source>{0} a second</source>
        <translation>每秒 {0} 个</translation>
    </message>
    <message>
        <source>less than a minute left</source>
        <translation>剩余不到一分钟</translation>
    </message>
    <message>
        <source>no suffix</source>
        <translation>无后缀</translation>
    </message>
</context>
<context>
    <name>ImportWizard</name>
    <message>
        <source>Back</source>
        <translation>上一步</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>下一步</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Cancel the import</source>
        <translation>取消导入</translation>
    </message>
    <message>
        <source>Import your own data</source>
        <translation>导入自己的数据</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Close the import?</source>
        <translation>关闭导入？</translation>
    </message>
    <message>
        <source>The import is still running.</source>
        <translation>导入正在进行。</translation>
    </message>
    <message>
        <source>Completed work is kept, and the import can be continued later.</source>
        <translation>已完成的部分会保留，以后同一导入将从那里继续。</translation>
    </message>
    <message>
        <source>Stop and close</source>
        <translation>停止并关闭</translation>
    </message>
    <message>
        <source>Your files are still being checked.</source>
        <translation>正在检查您的文件。</translation>
    </message>
    <message>
        <source>Nothing has been written yet.</source>
        <translation>尚未写入任何内容。</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>继续</translation>
    </message>
</context>
<context>
    <name>InitialRunRow</name>
    <message>
        <source>Use its networks</source>
        <translation>采用其网络设置</translation>
    </message>
    <message>
        <source>Set the sizes and the kind of the networks as the earlier run has them</source>
        <translation>将网络的种类和大小设为与先前的训练相同</translation>
    </message>
    <message>
        <source>Start from</source>
        <translation>起始训练</translation>
    </message>
    <message>
        <source>An earlier run whose networks and words the new run starts from; dataset, vocabulary and schedule are its own</source>
        <translation>新的训练从这个先前训练的网络和词开始；数据集、词表和训练进度安排是它自己的</translation>
    </message>
    <message>
        <source>Comparing the networks…</source>
        <translation>正在比较网络…</translation>
    </message>
    <message>
        <source>Takes over {0} of {1} tensors; {2} of {3} words are known.</source>
        <translation>沿用 {1} 个张量中的 {0} 个；{3} 个词中有 {2} 个已学过。</translation>
    </message>
    <message>
        <source>Nothing can be taken over: its networks have other sizes.</source>
        <translation>没有可沿用的内容：其网络的大小不同。</translation>
    </message>
    <message>
        <source>None (from scratch)</source>
        <translation>无（从头开始）</translation>
    </message>
    <message>
        <source>Other run…</source>
        <translation>其他训练…</translation>
    </message>
    <message>
        <source>Folder of the run to start from</source>
        <translation>起始训练的文件夹</translation>
    </message>
</context>
<context>
    <name>Inspection</name>
    <message>
        <source>pair</source>
        <translation>图文对</translation>
    </message>
    <message>
        <source>divergence</source>
        <translation>散度</translation>
    </message>
    <message>
        <source>negative ELBO</source>
        <translation>负 ELBO</translation>
    </message>
    <message>
        <source>real with {0} %, logit {1}</source>
        <translation>真实概率 {0} %，logit {1}</translation>
    </message>
    <message>
        <source>logit {0}</source>
        <translation>logit {0}</translation>
    </message>
    <message>
        <source>{0} nats</source>
        <translation>{0} 奈特</translation>
    </message>
    <message>
        <source>Real</source>
        <translation>真实</translation>
    </message>
    <message>
        <source>Generated</source>
        <translation>生成</translation>
    </message>
    <message>
        <source>Real, with another {0}</source>
        <translation>真实，但{0}取自另一条目</translation>
    </message>
    <message>
        <source>After {0} images</source>
        <translation>{0} 张图像之后</translation>
    </message>
    <message>
        <source>Step {0}: the discriminator was updated.</source>
        <translation>第 {0} 步：已更新判别器。</translation>
    </message>
    <message>
        <source>Step {0}: the generator was updated.</source>
        <translation>第 {0} 步：已更新生成器。</translation>
    </message>
    <message>
        <source>Step {0}: the discriminator was updated, then the generator.</source>
        <translation>第 {0} 步：先更新了判别器，再更新了生成器。</translation>
    </message>
    <message>
        <source>Step {0}: the discriminator was updated; this run updates the generator in every few steps only.</source>
        <translation>第 {0} 步：更新了判别器；此次训练每隔几步才更新一次生成器。</translation>
    </message>
    <message>
        <source>Step {0}: the model was updated.</source>
        <translation>第 {0} 步：更新了模型。</translation>
    </message>
    <message>
        <source>The run itself takes the same steps, bit for bit.</source>
        <translation>训练本身也会走同样的步骤，逐位一致。</translation>
    </message>
    <message>
        <source>The run itself takes its steps in another order.</source>
        <translation>训练本身的步骤顺序与此不同。</translation>
    </message>
    <message>
        <source>Loss of the discriminator</source>
        <translation>判别器的损失</translation>
    </message>
    <message>
        <source>Loss of the generator</source>
        <translation>生成器的损失</translation>
    </message>
    <message>
        <source>Discriminator, on the batch of the step</source>
        <translation>判别器（该步的批次）</translation>
    </message>
    <message>
        <source>Generator, on the batch of the step</source>
        <translation>生成器（该步的批次）</translation>
    </message>
    <message>
        <source>Penalty, on the batch of the step</source>
        <translation>惩罚（该步的批次）</translation>
    </message>
    <message>
        <source>Text NLL, on the batch of the step</source>
        <translation>文本 NLL（该步的批次）</translation>
    </message>
    <message>
        <source>Redescription, on the batch of the step</source>
        <translation>复述（该步的批次）</translation>
    </message>
    <message>
        <source>Weights of the discriminator, moved by</source>
        <translation>判别器权重的变化量</translation>
    </message>
    <message>
        <source>Weights of the generator, moved by</source>
        <translation>生成器权重的变化量</translation>
    </message>
    <message>
        <source>Gradient of the discriminator, norm</source>
        <translation>判别器梯度的范数</translation>
    </message>
    <message>
        <source>Gradient of the generator, norm</source>
        <translation>生成器梯度的范数</translation>
    </message>
    <message>
        <source>Logit of {0}, real</source>
        <translation>{0} 的 logit（真实）</translation>
    </message>
    <message>
        <source>Logit of {0}, generated</source>
        <translation>{0} 的 logit（生成）</translation>
    </message>
</context>
<context>
    <name>IssueText</name>
    <message>
        <source>Serious</source>
        <translation>严重</translation>
    </message>
    <message>
        <source>Worth a look</source>
        <translation>值得一看</translation>
    </message>
    <message>
        <source>Good to know</source>
        <translation>供参考</translation>
    </message>
    <message>
        <source>These files cannot be read: they are empty, truncated, damaged, too large or of an unsupported type. They are left out.</source>
        <translation>这些文件无法读取：为空、不完整、已损坏、过大或类型不受支持。它们将被略去。</translation>
    </message>
    <message>
        <source>The aspect ratio of these images is more than three times, or less than a third of, that of the images to store. Little of them fits.</source>
        <translation>这些图像的宽高比超过所存图像的三倍，或不足其三分之一，因此能放下的内容很少。</translation>
    </message>
    <message>
        <source>The values of these images are scaled to 8 bits with one range for all of them, which can be changed on the Images page.</source>
        <translation>这些图像的值按同一个范围缩放为 8 位，该范围可在“图像”页面更改。</translation>
    </message>
    <message>
        <source>These images have two channels, or more than three. Unless you choose a band on the Images page, the first of two is imported, or the first three as colours.</source>
        <translation>这些图像有两个通道，或者超过三个。除非在“图像”页面选择一个波段，否则两个通道时导入第一个，更多时将前三个作为颜色导入。</translation>
    </message>
    <message>
        <source>The files of these images hold further frames or pages. The frame step on the Images page decides which are imported.</source>
        <translation>这些图像的文件还含有其他帧或页。“图像”页面上的帧间隔决定导入哪些。</translation>
    </message>
    <message>
        <source>These sounds are silent. They are left out; items that have nothing else are left out with them.</source>
        <translation>这些声音是静音的，将被略去；没有其他内容的条目也一并略去。</translation>
    </message>
    <message>
        <source>These recordings are overdriven: the peaks of their waves are cut off, which sounds distorted.</source>
        <translation>这些录音过载：波峰被削平，听起来失真。</translation>
    </message>
    <message>
        <source>These sounds are longer than what is stored, so their end is cut off.</source>
        <translation>这些声音长于存储长度，因此结尾会被截断。</translation>
    </message>
    <message>
        <source>These files hold the same sound as another file, perhaps louder or converted.</source>
        <translation>这些文件与另一文件的声音相同，也许音量更大或经过转换。</translation>
    </message>
    <message>
        <source>These columns have the same value in every row. There is nothing to learn from them, so they are left out.</source>
        <translation>这些列在每一行的值都相同，没有可学的内容，因此被略去。</translation>
    </message>
    <message>
        <source>Another column can be read from these columns, as a diagnosis from its code. A classifier trained on such rows would learn nothing else.</source>
        <translation>从这些列可以直接读出另一列，如从编码读出诊断。在这样的行上训练的分类器学不到其他东西。</translation>
    </message>
    <message>
        <source>Import them as they are</source>
        <translation>照原样导入</translation>
    </message>
    <message>
        <source>Leave them out</source>
        <translation>略去</translation>
    </message>
    <message>
        <source>Fix them</source>
        <translation>修复</translation>
    </message>
    <message>
        <source>Make one item of each, with all their texts</source>
        <translation>合为一条，保留其全部文本</translation>
    </message>
    <message>
        <source>Keep the first of each</source>
        <translation>只保留第一个</translation>
    </message>
    <message>
        <source>Import the images alone</source>
        <translation>只导入图像</translation>
    </message>
    <message>
        <source>Import the texts alone</source>
        <translation>只导入文本</translation>
    </message>
    <message>
        <source>Restore the right characters</source>
        <translation>恢复正确的字符</translation>
    </message>
    <message>
        <source>Shorten them to a usual length</source>
        <translation>缩短到常见长度</translation>
    </message>
    <message>
        <source>Train on them instead</source>
        <translation>改为用于训练</translation>
    </message>
    <message>
        <source>Keep them for validation</source>
        <translation>继续用于验证</translation>
    </message>
    <message>
        <source>Unreadable images</source>
        <translation>无法读取的图像</translation>
    </message>
    <message>
        <source>Hidden files</source>
        <translation>隐藏文件</translation>
    </message>
    <message>
        <source>Images without text</source>
        <translation>没有文本的图像</translation>
    </message>
    <message>
        <source>Texts without image</source>
        <translation>没有图像的文本</translation>
    </message>
    <message>
        <source>Identical images</source>
        <translation>相同的图像</translation>
    </message>
    <message>
        <source>Nearly identical images</source>
        <translation>几乎相同的图像</translation>
    </message>
    <message>
        <source>Tiny images</source>
        <translation>过小的图像</translation>
    </message>
    <message>
        <source>Very long or wide images</source>
        <translation>过长或过宽的图像</translation>
    </message>
    <message>
        <source>One text on many images</source>
        <translation>许多图像同一文本</translation>
    </message>
    <message>
        <source>Garbled texts</source>
        <translation>乱码文本</translation>
    </message>
    <message>
        <source>Very long texts</source>
        <translation>过长的文本</translation>
    </message>
    <message>
        <source>Imbalanced groups</source>
        <translation>分组不均</translation>
    </message>
    <message>
        <source>More than 8 bits</source>
        <translation>超过 8 位</translation>
    </message>
    <message>
        <source>More channels</source>
        <translation>更多通道</translation>
    </message>
    <message>
        <source>More frames or pages</source>
        <translation>更多帧或页</translation>
    </message>
    <message>
        <source>Silent sounds</source>
        <translation>静音的声音</translation>
    </message>
    <message>
        <source>Overdriven sounds</source>
        <translation>过载的声音</translation>
    </message>
    <message>
        <source>Long sounds</source>
        <translation>过长的声音</translation>
    </message>
    <message>
        <source>Identical sounds</source>
        <translation>相同的声音</translation>
    </message>
    <message>
        <source>Constant columns</source>
        <translation>值恒定的列</translation>
    </message>
    <message>
        <source>Columns that give another away</source>
        <translation>泄露另一列的列</translation>
    </message>
    <message>
        <source>Validation duplicates</source>
        <translation>验证项与训练项雷同</translation>
    </message>
    <message>
        <source>Files of the operating system, such as Thumbs.db. They contain none of your images and are left out.</source>
        <translation>系统自己的文件，例如 Thumbs.db。其中没有您的图片，将被略去。</translation>
    </message>
    <message>
        <source>These images have no text. The model can still learn from them what images look like.</source>
        <translation>这些图像没有对应的文本。单独的图像仍能教会模型图像的样子。</translation>
    </message>
    <message>
        <source>These texts have no image. The model can still learn from them what texts look like.</source>
        <translation>这些文本没有对应的图像。单独的文本仍能教会模型文本的样子。</translation>
    </message>
    <message>
        <source>These images are identical, pixel by pixel. Duplicates get twice the weight in training.</source>
        <translation>这些图像存储后逐像素相同。出现两次的内容会被学习两遍。</translation>
    </message>
    <message>
        <source>These images are nearly identical: saved again, scaled or slightly changed.</source>
        <translation>人会认为这些图像相同：重新保存、缩放或略有改动。</translation>
    </message>
    <message>
        <source>These images are smaller than the size to store, so they are enlarged and look blurred.</source>
        <translation>这些图像小于存储尺寸，因此会被放大而显得模糊。</translation>
    </message>
    <message>
        <source>Very many images share the same text, while most texts are unique. It may be a placeholder.</source>
        <translation>同一文本出现在非常多的图像上，而其他文本大多各不相同。它可能是占位文字。</translation>
    </message>
    <message>
        <source>These texts were once decoded with a wrong encoding, which garbled their characters.</source>
        <translation>这些文本曾以错误的编码读取，字母变成了奇怪的符号。</translation>
    </message>
    <message>
        <source>These texts are far longer than most. They slow down training on all texts.</source>
        <translation>这些文本远长于其他文本，会拖慢其他所有文本的训练。</translation>
    </message>
    <message>
        <source>Some groups are more than ten times as large as others. A run can sample them evenly with its Balance setting.</source>
        <translation>有些分组比其他分组大十倍以上。运行可以均匀抽取：相应设置名为“平衡”。</translation>
    </message>
    <message>
        <source>These validation images are nearly identical to a training image, so metrics on them would be too good.</source>
        <translation>这些验证图像与某张训练图像几乎相同，用它们衡量会高估运行结果。</translation>
    </message>
</context>
<context>
    <name>IssueView</name>
    <message>
        <source>What to do</source>
        <translation>如何处理</translation>
    </message>
    <message>
        <source>What to do about this issue</source>
        <translation>如何处理此问题</translation>
    </message>
    <message numerus="yes">
        <source>The first %Ln of them:</source>
        <translation>
            <numerusform>其中前 %Ln 个：</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ItemDelegate</name>
    <message>
        <source>no image</source>
        <translation>无图像</translation>
    </message>
</context>
<context>
    <name>ItemDetail</name>
    <message>
        <source>Captions</source>
        <translation>描述</translation>
    </message>
    <message>
        <source>To train on</source>
        <translation>用于训练</translation>
    </message>
    <message>
        <source>Validation</source>
        <translation>验证集</translation>
    </message>
    <message>
        <source>Exclude</source>
        <translation>排除</translation>
    </message>
    <message>
        <source>Leave it out of the next version (Delete)</source>
        <translation>在下一版本中略去（Delete）</translation>
    </message>
    <message>
        <source>red, round</source>
        <translation>红色, 圆形</translation>
    </message>
    <message>
        <source>Tags to add to all selected</source>
        <translation>要添加到所有选中条目的标签</translation>
    </message>
    <message>
        <source>Words of your own, with commas between them</source>
        <translation>自定义词语，用逗号分隔</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Validation items are never trained on, only measured with</source>
        <translation>验证条目从不用于训练，只用于衡量</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>划分</translation>
    </message>
    <message>
        <source>Captions, one a line</source>
        <translation>描述，每行一个</translation>
    </message>
    <message>
        <source>Tinted are the parts that raise or lower the logit of the chosen head.</source>
        <translation>着色的部分使所选输出头的 logit 升高或降低。</translation>
    </message>
</context>
<context>
    <name>ItemEditing</name>
    <message>
        <source>An item without an image needs its text. Exclude it instead.</source>
        <translation>没有图像的条目需要文本。请改为排除它。</translation>
    </message>
</context>
<context>
    <name>ItemSounds</name>
    <message>
        <source>Stop {0}</source>
        <translation>停止 {0}</translation>
    </message>
    <message>
        <source>Play {0}</source>
        <translation>播放 {0}</translation>
    </message>
    <message>
        <source>{0} (Space)</source>
        <translation>{0}（空格键）</translation>
    </message>
</context>
<context>
    <name>LearnPage</name>
    <message>
        <source>The networks are being read…</source>
        <translation>正在读取网络…</translation>
    </message>
</context>
<context>
    <name>LearnPanel</name>
    <message>
        <source>Learn</source>
        <translation>学习</translation>
    </message>
    <message>
        <source>Follow the run</source>
        <translation>跟随训练</translation>
    </message>
    <message>
        <source>Look again every few seconds while the run trains; nothing is saved</source>
        <translation>运行训练期间每隔几秒重新查看；不会保存任何内容</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>重新查看</translation>
    </message>
    <message>
        <source>Read the newest state of the run</source>
        <translation>读取训练的最新状态</translation>
    </message>
    <message>
        <source>Lens</source>
        <translation>透镜</translation>
    </message>
    <message>
        <source>Step by step</source>
        <translation>逐步</translation>
    </message>
    <message>
        <source>Scatter</source>
        <translation>散点图</translation>
    </message>
    <message>
        <source>Lessons</source>
        <translation>课程</translation>
    </message>
</context>
<context>
    <name>LensPage</name>
    <message>
        <source>Open or start a run: here you see what its discriminator says of real and of generated items, and which parts of them it says it for.</source>
        <translation>打开或开始一个训练：这里会显示其判别器对真实条目与生成条目的判断，以及这些判断依据了条目的哪些部分。</translation>
    </message>
    <message>
        <source>The head of the discriminator whose probabilities stand below the items, and whose contributions are drawn. Integrated gradients from the median of the real pictures: the contributions of an item add up to the change of its logit.</source>
        <translation>判别器的输出头：条目下方显示它给出的概率，图上画出各部分对它的贡献。采用以真实图像的中位数为基线的积分梯度：一个条目的各项贡献之和等于其 logit 的变化。</translation>
    </message>
    <message>
        <source>Head of the discriminator</source>
        <translation>判别器的输出头</translation>
    </message>
    <message>
        <source>Where it looks:</source>
        <translation>关注何处：</translation>
    </message>
    <message>
        <source>nothing, only the items</source>
        <translation>不显示，只看条目</translation>
    </message>
    <message>
        <source>This family has no discriminator. The numbers are nats: the negative log-likelihood of each column, and their sum with the divergence, the negative ELBO. Lower is better.</source>
        <translation>此模型族没有判别器。数值的单位为奈特：各列的负对数似然，以及它们与散度之和，即负 ELBO。越低越好。</translation>
    </message>
    <message>
        <source>Logits of this loss are no probabilities.</source>
        <translation>此损失的 logit 不是概率。</translation>
    </message>
    <message>
        <source>towards real</source>
        <translation>偏向真实</translation>
    </message>
    <message>
        <source>towards generated</source>
        <translation>偏向生成</translation>
    </message>
</context>
<context>
    <name>LessonsPage</name>
    <message>
        <source>Lessons</source>
        <translation>课程</translation>
    </message>
    <message>
        <source>Text of the lesson</source>
        <translation>课程正文</translation>
    </message>
    <message>
        <source>Fill the run form with the settings of this experiment</source>
        <translation>用此实验的设置填写训练表单</translation>
    </message>
</context>
<context>
    <name>LiveSettingsController</name>
    <message>
        <source>The settings stay as they are. {0}</source>
        <translation>设置保持不变。{0}</translation>
    </message>
    <message>
        <source>The settings stay as they are. {0}: {1}.</source>
        <translation>设置保持不变。{0}：{1}。</translation>
    </message>
</context>
<context>
    <name>LiveSettingsPage</name>
    <message>
        <source>Apply</source>
        <translation>应用</translation>
    </message>
    <message>
        <source>Discard edits</source>
        <translation>放弃编辑</translation>
    </message>
    <message>
        <source>Show the values in effect again</source>
        <translation>重新显示当前生效的值</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>{0}, from {1} images on.</source>
        <translation>{0}，自 {1} 张图像起。</translation>
    </message>
    <message>
        <source>Use these values from the next step on</source>
        <translation>从下一步起采用这些值</translation>
    </message>
    <message>
        <source>Undo: {0}</source>
        <translation>撤销：{0}</translation>
    </message>
    <message>
        <source>Redo: {0}</source>
        <translation>重做：{0}</translation>
    </message>
    <message>
        <source>Applied values count from the next step on, after {0} images.</source>
        <translation>应用的值从下一步起生效，即在 {0} 张图像之后。</translation>
    </message>
    <message>
        <source>Applied values count from the next step on, after about {0} images.</source>
        <translation>应用的值从下一步起生效，即在约 {0} 张图像之后。</translation>
    </message>
</context>
<context>
    <name>LogPanel</name>
    <message>
        <source>Only warnings and errors</source>
        <translation>仅警告和错误</translation>
    </message>
    <message>
        <source>Open log folder</source>
        <translation>打开日志文件夹</translation>
    </message>
    <message>
        <source>The same lines, and older ones, as files</source>
        <translation>以文件形式查看这些及更早的记录</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
</context>
<context>
    <name>LossPlotPanel</name>
    <message>
        <source>Losses</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>Smoothing</source>
        <translation>平滑</translation>
    </message>
    <message>
        <source>Weight of the past in the bold curves; the raw ones stay behind them, faint</source>
        <translation>粗曲线中历史值的权重；原始曲线以浅色留在后面</translation>
    </message>
    <message>
        <source>Log scale</source>
        <translation>对数坐标</translation>
    </message>
    <message>
        <source>Logarithmic axis; values of zero and below are drawn at its lower edge</source>
        <translation>对数坐标轴；零和负值画在下边缘</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>适应</translation>
    </message>
    <message>
        <source>Show the whole run; single outliers may leave the frame</source>
        <translation>重新显示整个训练过程；个别离群值可能超出画面</translation>
    </message>
    <message>
        <source>Loss curves appear here when training starts.</source>
        <translation>训练开始后，损失曲线会显示在这里。</translation>
    </message>
    <message>
        <source>Generator</source>
        <translation>生成器</translation>
    </message>
    <message>
        <source>How badly the generator fails to convince the discriminator</source>
        <translation>生成器未能骗过判别器的程度</translation>
    </message>
    <message>
        <source>Discriminator</source>
        <translation>判别器</translation>
    </message>
    <message>
        <source>How badly the discriminator tells real pairs from generated ones</source>
        <translation>判别器区分真实与生成图文对的误差</translation>
    </message>
    <message>
        <source>Penalty</source>
        <translation>惩罚</translation>
    </message>
    <message>
        <source>Squared gradient norm of the discriminator at the real pairs; keeps it smooth</source>
        <translation>判别器在真实图文对处梯度范数的平方；使其保持平滑</translation>
    </message>
    <message>
        <source>Text NLL</source>
        <translation>文本 NLL</translation>
    </message>
    <message>
        <source>Negative log-likelihood of the real texts, in nats per token</source>
        <translation>真实文本的负对数似然，单位为 nats/词元</translation>
    </message>
    <message>
        <source>Reading</source>
        <translation>识读</translation>
    </message>
    <message>
        <source>How badly the model reads real items, each alone, in nats</source>
        <translation>模型单独识读每个真实条目的误差，单位奈特</translation>
    </message>
    <message>
        <source>Redescription</source>
        <translation>复述</translation>
    </message>
    <message>
        <source>How badly generated items tell what they were made from, in nats</source>
        <translation>生成的条目在多大程度上没有反映其所依据的内容，单位为 nats</translation>
    </message>
    <message>
        <source>Bound</source>
        <translation>下界</translation>
    </message>
    <message>
        <source>How badly the model explains whole pairs, in nats; lower is better</source>
        <translation>模型解释整对图文的差距，单位奈特；越低越好</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>How surprising real images are, in nats</source>
        <translation>真实图像有多出乎意料，单位奈特</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>How surprising real texts are, in nats</source>
        <translation>真实文本有多出乎意料，单位奈特</translation>
    </message>
    <message>
        <source>KL</source>
        <translation>KL 散度</translation>
    </message>
    <message>
        <source>How much the latent code says about each pair, in nats</source>
        <translation>潜编码对每一对说明了多少，单位奈特</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Diptych</source>
        <translation>Diptych</translation>
    </message>
</context>
<context>
    <name>MappingFields</name>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>Words for the labels</source>
        <translation>标签对应的词</translation>
    </message>
    <message>
        <source>The columns that name sounds; each becomes a column of the dataset</source>
        <translation>给出声音名的列；每一列都成为数据集的一列</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>表格</translation>
    </message>
    <message>
        <source>The file that names images and texts</source>
        <translation>列出图像与文本的文件</translation>
    </message>
    <message>
        <source>Images from</source>
        <translation>图像来自</translation>
    </message>
    <message>
        <source>The column that names the image</source>
        <translation>给出图像名的列</translation>
    </message>
    <message>
        <source>Texts from</source>
        <translation>文本来自</translation>
    </message>
    <message>
        <source>Where texts are taken from; several columns give several captions per image</source>
        <translation>文本的来源；选多个则每张图像有多个描述</translation>
    </message>
    <message>
        <source>Sounds from</source>
        <translation>声音来自</translation>
    </message>
    <message>
        <source>Groups from</source>
        <translation>分组来自</translation>
    </message>
    <message>
        <source>A column such as a class; a run can sample the groups evenly</source>
        <translation>例如类别列；运行可以均匀抽取各组</translation>
    </message>
    <message>
        <source>Encoding of the texts</source>
        <translation>文本编码</translation>
    </message>
    <message>
        <source>Choose another one if letters look wrong in the previews</source>
        <translation>如果预览中的文字不对，请选择其他编码</translation>
    </message>
</context>
<context>
    <name>Marks</name>
    <message>
        <source>Checkpoints</source>
        <translation>检查点</translation>
    </message>
    <message>
        <source>Changes of settings</source>
        <translation>设置更改</translation>
    </message>
    <message>
        <source>Changes of the learning rate</source>
        <translation>学习率更改</translation>
    </message>
    <message>
        <source>Alerts</source>
        <translation>警报</translation>
    </message>
    <message>
        <source>{0}: {1} → {2}</source>
        <translation>{0}：{1} → {2}</translation>
    </message>
    <message>
        <source>{0} images</source>
        <translation>{0} 张图像</translation>
    </message>
    <message>
        <source>Checkpoint</source>
        <translation>检查点</translation>
    </message>
</context>
<context>
    <name>MarksButton</name>
    <message>
        <source>Marks</source>
        <translation>标记</translation>
    </message>
    <message>
        <source>What the symbols along the bottom of the curves mean</source>
        <translation>曲线底部各符号的含义</translation>
    </message>
</context>
<context>
    <name>MatrixPage</name>
    <message>
        <source>Coherence matrix</source>
        <translation>一致性矩阵</translation>
    </message>
    <message>
        <source>Show the newest evaluation</source>
        <translation>显示最新的评估</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the selected cells for a spreadsheet; all if none are</source>
        <translation>复制所选单元格，可粘贴到电子表格；未选择时复制全部</translation>
    </message>
    <message>
        <source>Save as CSV…</source>
        <translation>另存为 CSV…</translation>
    </message>
    <message>
        <source>The matrices of all evaluations with full precision, one line for each cell</source>
        <translation>所有评估的矩阵，保留完整精度，每个单元格一行</translation>
    </message>
    <message>
        <source>Rows are given, columns are made.</source>
        <translation>行为给定内容，列为生成内容。</translation>
    </message>
    <message>
        <source>chance</source>
        <translation>随机</translation>
    </message>
    <message>
        <source>real items</source>
        <translation>真实条目</translation>
    </message>
</context>
<context>
    <name>MatrixTable</name>
    <message>
        <source>Not measured: these columns state nothing in common, or too few validation items have them.</source>
        <translation>未测量：这些列没有表达共同的内容，或含有它们的验证条目太少。</translation>
    </message>
    <message>
        <source>With {0}: {1}</source>
        <translation>与 {0}：{1}</translation>
    </message>
    <message>
        <source>By chance: {0}</source>
        <translation>随机：{0}</translation>
    </message>
    <message>
        <source>Real items: {0}</source>
        <translation>真实条目：{0}</translation>
    </message>
    <message>
        <source>The best of the run so far</source>
        <translation>该次训练迄今的最佳值</translation>
    </message>
    <message>
        <source>all together</source>
        <translation>全部一起</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>无</translation>
    </message>
</context>
<context>
    <name>MetricPlot</name>
    <message>
        <source>Metric to compare</source>
        <translation>要比较的指标</translation>
    </message>
    <message>
        <source>Metric</source>
        <translation>指标</translation>
    </message>
    <message>
        <source>images seen</source>
        <translation>已训练图像数</translation>
    </message>
    <message>
        <source>{0} images</source>
        <translation>{0} 张图像</translation>
    </message>
    <message numerus="yes">
        <source>%Ln run(s) have no such curve.</source>
        <translation>
            <numerusform>%Ln 个训练没有这样的曲线。</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>MomentBar</name>
    <message>
        <source>Branch</source>
        <translation>分支</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>试玩</translation>
    </message>
    <message>
        <source>Remove the marker and show the newest pairs</source>
        <translation>移除标记并显示最新的图文对</translation>
    </message>
    <message>
        <source>The run has no checkpoint yet</source>
        <translation>该训练还没有检查点</translation>
    </message>
    <message>
        <source>Set up a new run that continues from this checkpoint: {0}</source>
        <translation>设置一个从此检查点继续的新训练：{0}</translation>
    </message>
    <message>
        <source>Draw and play with this checkpoint: {0}</source>
        <translation>用此检查点绘制和试玩：{0}</translation>
    </message>
</context>
<context>
    <name>MoreTraining</name>
    <message>
        <source>no limit</source>
        <translation>无限制</translation>
    </message>
    <message>
        <source>min</source>
        <translation>分钟</translation>
    </message>
    <message>
        <source>images</source>
        <translation>张图像</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>More training, on top of what the run has done; empty has no limit</source>
        <translation>在已有训练之上再训练多少；留空则没有限制</translation>
    </message>
    <message>
        <source>Count the additional training in minutes or in images</source>
        <translation>以分钟或图像数计算追加的训练</translation>
    </message>
    <message>
        <source>More training</source>
        <translation>追加训练</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>单位</translation>
    </message>
    <message>
        <source>Resume the open run from its newest checkpoint with its own settings</source>
        <translation>以打开的运行自己的设置，从其最新检查点继续</translation>
    </message>
    <message>
        <source>Train for another</source>
        <translation>再训练</translation>
    </message>
</context>
<context>
    <name>Nearest</name>
    <message>
        <source>A copy of this training image.</source>
        <translation>是这张训练图像的复制品。</translation>
    </message>
    <message>
        <source>Probably memorised: closer to it than 99 of 100 new images would be.</source>
        <translation>很可能是记住的：比 100 张新图像中的 99 张都更接近它。</translation>
    </message>
    <message>
        <source>Not a copy.</source>
        <translation>不是复制品。</translation>
    </message>
    <message>
        <source>Distance {0}. {1} of the training images are farther from their nearest neighbour.</source>
        <translation>距离 {0}。{1} 的训练图像离其最近邻更远。</translation>
    </message>
    <message>
        <source>Distance {0}. {1} of the validation images are farther from their nearest training image.</source>
        <translation>距离 {0}。{1} 的验证图像离最近的训练图像更远。</translation>
    </message>
</context>
<context>
    <name>NearestPane</name>
    <message>
        <source>Train the evaluator</source>
        <translation>训练评估器</translation>
    </message>
    <message>
        <source>Nearest training image</source>
        <translation>最近的训练图像</translation>
    </message>
    <message>
        <source>Comparing with the training images…</source>
        <translation>正在与训练图像比较…</translation>
    </message>
    <message>
        <source>The evaluator is being trained. This takes about a minute.</source>
        <translation>正在训练评估器，约需一分钟。</translation>
    </message>
    <message>
        <source>The evaluator of this dataset is not trained yet.</source>
        <translation>此数据集的评估器尚未训练。</translation>
    </message>
    <message>
        <source>It compares images by what it learns from the dataset.</source>
        <translation>它用从数据集中学到的特征来比较图像。</translation>
    </message>
    <message>
        <source>The run that is training prepares it at its first evaluation.</source>
        <translation>正在进行的训练会在首次评估时准备好它。</translation>
    </message>
</context>
<context>
    <name>NeighboursPane</name>
    <message>
        <source>Comparing with the training pictures…</source>
        <translation>正在与训练图像比较…</translation>
    </message>
    <message>
        <source>Compares the chosen item with the training pictures.</source>
        <translation>将所选条目与训练图像比较。</translation>
    </message>
    <message>
        <source>{0}, distance {1}</source>
        <translation>{0}，距离 {1}</translation>
    </message>
    <message>
        <source>Closer to a training picture than 99 of 100 real ones are.</source>
        <translation>比 100 张真实图像中的 99 张都更接近某张训练图像。</translation>
    </message>
    <message>
        <source>No copy: real pictures are as near to the training pictures.</source>
        <translation>不是复制品：真实图像与训练图像也同样接近。</translation>
    </message>
    <message>
        <source>Distance {0}; a training picture&apos;s is usually {1}.</source>
        <translation>距离 {0}；训练图像的距离通常为 {1}。</translation>
    </message>
    <message>
        <source>Distance {0}; a held-out picture&apos;s is usually {1}.</source>
        <translation>距离 {0}；留出图像的距离通常为 {1}。</translation>
    </message>
</context>
<context>
    <name>NoiseControls</name>
    <message>
        <source>More like the chosen one, changed by</source>
        <translation>与所选条目相似，变化幅度</translation>
    </message>
    <message>
        <source>Replace the other items that are not locked by variations of this one</source>
        <translation>将其他未锁定的条目替换为此条目的变体</translation>
    </message>
    <message>
        <source>More like this by {0}</source>
        <translation>更多类似条目，变化 {0}</translation>
    </message>
    <message>
        <source>New plane here</source>
        <translation>在此新建平面</translation>
    </message>
    <message>
        <source>Make this place the middle of a new plane</source>
        <translation>以此处为中心新建平面</translation>
    </message>
    <message>
        <source>Truncation</source>
        <translation>截断</translation>
    </message>
    <message>
        <source>Share of the noise: less gives more typical items that vary less</source>
        <translation>使用多少噪声：越少，条目越典型，变化也越小</translation>
    </message>
</context>
<context>
    <name>NoisePad</name>
    <message>
        <source>Place in the noise</source>
        <translation>噪声中的位置</translation>
    </message>
    <message>
        <source>A plane through the noise around the chosen item. Drag, or use the arrow keys, to move all items that are not locked.</source>
        <translation>围绕所选条目、穿过噪声空间的平面。拖动或使用方向键，可移动所有未锁定的条目。</translation>
    </message>
</context>
<context>
    <name>NotesEditor</name>
    <message>
        <source>Notes about this run</source>
        <translation>关于该训练的备注</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>备注</translation>
    </message>
    <message>
        <source>Mark a run to read or write notes about it.</source>
        <translation>选中一个训练即可查看或书写备注。</translation>
    </message>
    <message>
        <source>{0} is damaged: {1}</source>
        <translation>{0} 已损坏：{1}</translation>
    </message>
    <message>
        <source>{0} failed: {1}</source>
        <translation>{0} 失败：{1}</translation>
    </message>
    <message>
        <source>{0}, started from {1}</source>
        <translation>{0}，从 {1} 开始</translation>
    </message>
    <message>
        <source>{0}, a branch of {1}</source>
        <translation>{0}，{1} 的分支</translation>
    </message>
</context>
<context>
    <name>PairActions</name>
    <message>
        <source>Copy image</source>
        <translation>复制图像</translation>
    </message>
    <message>
        <source>Copy text</source>
        <translation>复制文本</translation>
    </message>
    <message>
        <source>Save image…</source>
        <translation>保存图像…</translation>
    </message>
    <message>
        <source>Save image</source>
        <translation>保存图像</translation>
    </message>
    <message>
        <source>PNG image (*.png)</source>
        <translation>PNG 图像 (*.png)</translation>
    </message>
</context>
<context>
    <name>PairView</name>
    <message>
        <source>Pair</source>
        <translation>图文对</translation>
    </message>
    <message>
        <source>Compare with training images</source>
        <translation>与训练图像比较</translation>
    </message>
    <message>
        <source>Show the training image that is nearest to this one, to find copies</source>
        <translation>显示与此图最接近的训练图像，以便发现复制品</translation>
    </message>
    <message>
        <source>Previous pair</source>
        <translation>上一对</translation>
    </message>
    <message>
        <source>Next pair</source>
        <translation>下一对</translation>
    </message>
    <message>
        <source>Show run, step, seed and scene of this pair</source>
        <translation>显示这一对的训练、步、种子和场景</translation>
    </message>
    <message>
        <source>Origin…</source>
        <translation>来源…</translation>
    </message>
    <message>
        <source>Pair {0} of {1}</source>
        <translation>第 {0} 对，共 {1} 对</translation>
    </message>
</context>
<context>
    <name>ParallelAxes</name>
    <message>
        <source>Parallel coordinates</source>
        <translation>平行坐标</translation>
    </message>
    <message>
        <source>Left and Right choose an axis; Up and Down move the lower end of its brush, with Shift the upper one; Delete removes it.</source>
        <translation>左、右方向键选择坐标轴；上、下方向键移动其刷选范围的下端，同时按住 Shift 则移动上端；Delete 键移除刷选范围。</translation>
    </message>
</context>
<context>
    <name>ParallelPage</name>
    <message>
        <source>Clear brushes</source>
        <translation>清除刷选</translation>
    </message>
    <message>
        <source>Parallel coordinates show which settings lead to which figures. They need two runs or more that differ in a setting.</source>
        <translation>平行坐标显示哪些设置带来哪些指标。需要至少两个在某项设置上不同的训练。</translation>
    </message>
    <message numerus="yes">
        <source>Compare %Ln brushed run(s)</source>
        <translation>
            <numerusform>比较刷选的 %Ln 个训练</numerusform>
        </translation>
    </message>
    <message>
        <source>Compare the runs within all brushes instead of the present ones</source>
        <translation>改为比较处于所有刷选范围内的训练，取代目前比较的训练</translation>
    </message>
    <message numerus="yes">
        <source>%Ln run(s) are compared at most: brush fewer</source>
        <translation>
            <numerusform>最多比较 %Ln 个训练：请减少刷选的训练</numerusform>
        </translation>
    </message>
    <message>
        <source>Drag along an axis to brush it; click a line to compare its run.</source>
        <translation>沿坐标轴拖动即可刷选；点击折线可比较对应的训练。</translation>
    </message>
    <message>
        <source>{0} of {1} runs</source>
        <translation>{0} / {1} 个训练</translation>
    </message>
</context>
<context>
    <name>PictureSearch</name>
    <message>
        <source>Give a picture, then search the noise for one like it: you can change it, vary it and walk from it.</source>
        <translation>给定一张图像，然后在噪声中搜索与之相似的图像：可以更改它、生成它的变体，或从它开始漫步。</translation>
    </message>
    <message>
        <source>Your picture</source>
        <translation>您的图像</translation>
    </message>
    <message>
        <source>Found picture</source>
        <translation>找到的图像</translation>
    </message>
    <message>
        <source>Find it in the noise</source>
        <translation>在噪声中查找</translation>
    </message>
    <message>
        <source>Walk from it</source>
        <translation>从它开始漫步</translation>
    </message>
    <message>
        <source>Step {0}, squared error {1}</source>
        <translation>第 {0} 步，平方误差 {1}</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
</context>
<context>
    <name>PlanePage</name>
    <message>
        <source>Open or start a run on a table with two numeric fields, such as the example dataset Ring: here you see its points move.</source>
        <translation>打开或开始一个训练，其数据须有含两个数值字段的表格，例如示例数据集“圆环”：这里会显示各点如何移动。</translation>
    </message>
    <message>
        <source>This run has no table with two numeric fields. The example dataset Ring has one: two numbers and a colour word.</source>
        <translation>该训练没有含两个数值字段的表格。示例数据集“圆环”中有：两个数值和一个颜色词。</translation>
    </message>
</context>
<context>
    <name>PlanePlot</name>
    <message>
        <source>real</source>
        <translation>真实</translation>
    </message>
    <message>
        <source>generated</source>
        <translation>生成</translation>
    </message>
</context>
<context>
    <name>PlaneWidget</name>
    <message>
        <source>Table</source>
        <translation>表格</translation>
    </message>
    <message>
        <source>Across</source>
        <translation>横轴</translation>
    </message>
    <message>
        <source>Up</source>
        <translation>纵轴</translation>
    </message>
    <message>
        <source>Head of the discriminator</source>
        <translation>判别器的输出头</translation>
    </message>
    <message>
        <source>Given</source>
        <translation>给定</translation>
    </message>
    <message>
        <source>Normal scores</source>
        <translation>正态得分</translation>
    </message>
    <message>
        <source>Show the numbers as the networks see them: by rank, like a normal variable</source>
        <translation>按网络所见显示数值：按秩变换，如同正态变量</translation>
    </message>
    <message>
        <source>Gradients</source>
        <translation>梯度</translation>
    </message>
    <message>
        <source>Arrows along the negative gradient of the generator&apos;s adversarial loss with respect to its points</source>
        <translation>箭头沿生成器的对抗损失对其各点的负梯度方向</translation>
    </message>
    <message>
        <source>Points of {0} and {1}</source>
        <translation>{0} 与 {1} 的点</translation>
    </message>
    <message>
        <source>logit {0}</source>
        <translation>logit {0}</translation>
    </message>
    <message>
        <source>real with {0}</source>
        <translation>真实概率 {0}</translation>
    </message>
    <message>
        <source>Rings are real points, dots are generated.</source>
        <translation>圆圈为真实的点，圆点为生成的点。</translation>
    </message>
    <message>
        <source>This family has no discriminator, so nothing lies behind them.</source>
        <translation>此模型族没有判别器，因此各点后面没有背景色。</translation>
    </message>
    <message>
        <source>The colour is what the head of {0} says of a point.</source>
        <translation>颜色表示 {0} 的输出头对各点的判断。</translation>
    </message>
    <message>
        <source>The colour is what the pair head says of a point beside “{0}”.</source>
        <translation>颜色表示各点与“{0}”相配时，配对输出头对各点的判断。</translation>
    </message>
    <message>
        <source>Arrows show where the generator&apos;s adversarial loss pushes its points.</source>
        <translation>箭头表示生成器的对抗损失将其各点推向何处。</translation>
    </message>
</context>
<context>
    <name>PlayPanel</name>
    <message>
        <source>Play</source>
        <translation>试玩</translation>
    </message>
    <message>
        <source>Open or start a run: then type a text, drag or draw here.</source>
        <translation>打开或开始一个训练：然后即可在这里输入文本、拖动或绘画。</translation>
    </message>
    <message>
        <source>Opening {0}…</source>
        <translation>正在打开 {0}…</translation>
    </message>
    <message>
        <source>Saved as {0}</source>
        <translation>已保存为 {0}</translation>
    </message>
</context>
<context>
    <name>PlaySide</name>
    <message>
        <source>Press Enter to show it, Del to remove it</source>
        <translation>按 Enter 显示，按 Del 移除</translation>
    </message>
    <message>
        <source>Favourites</source>
        <translation>收藏</translation>
    </message>
    <message>
        <source>The star above the board adds the chosen item here.</source>
        <translation>用展板上方的星标可将所选条目加到这里。</translation>
    </message>
    <message>
        <source>Noise</source>
        <translation>噪声</translation>
    </message>
    <message>
        <source>Give or draw</source>
        <translation>给定或绘制</translation>
    </message>
    <message>
        <source>Walk</source>
        <translation>漫步</translation>
    </message>
    <message>
        <source>Directions</source>
        <translation>方向</translation>
    </message>
    <message>
        <source>Find a picture in the noise</source>
        <translation>在噪声中寻找图片</translation>
    </message>
    <message>
        <source>Nearest training items</source>
        <translation>最近的训练条目</translation>
    </message>
</context>
<context>
    <name>PlayTop</name>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Add the chosen item to the favourites</source>
        <translation>将所选条目加入收藏</translation>
    </message>
    <message>
        <source>Save the chosen item as PNG, with its scene</source>
        <translation>将所选条目连同其场景保存为 PNG</translation>
    </message>
</context>
<context>
    <name>Plot</name>
    <message>
        <source>Copy picture</source>
        <translation>复制为图片</translation>
    </message>
    <message>
        <source>Copy values</source>
        <translation>复制数值</translation>
    </message>
</context>
<context>
    <name>PlotWithLegend</name>
    <message>
        <source>images seen</source>
        <translation>已训练图像数</translation>
    </message>
    <message>
        <source>{0} images</source>
        <translation>{0} 张图像</translation>
    </message>
</context>
<context>
    <name>Plots</name>
    <message>
        <source>Length of texts</source>
        <translation>文本长度</translation>
    </message>
    <message>
        <source>words</source>
        <translation>词</translation>
    </message>
    <message>
        <source>Brightness of images</source>
        <translation>图像亮度</translation>
    </message>
    <message>
        <source>mean, from 0 (black) to 255 (white)</source>
        <translation>均值，从 0（黑）到 255（白）</translation>
    </message>
    <message>
        <source>Most frequent words</source>
        <translation>最常见的词</translation>
    </message>
    <message>
        <source>Largest groups</source>
        <translation>最大的分组</translation>
    </message>
</context>
<context>
    <name>PreviewPlayer</name>
    <message>
        <source>Sounds cannot be played: the Python package miniaudio is missing.</source>
        <translation>无法播放声音：缺少 Python 包 miniaudio。</translation>
    </message>
    <message>
        <source>Sounds cannot be played: there is no sound device.</source>
        <translation>无法播放声音：没有声音设备。</translation>
    </message>
</context>
<context>
    <name>PromptBox</name>
    <message>
        <source>Text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>Type a text to draw it</source>
        <translation>输入文本即可绘制</translation>
    </message>
    <message>
        <source>Type a text, such as {0}</source>
        <translation>输入文本，例如 {0}</translation>
    </message>
    <message>
        <source>The run does not know “{0}”.</source>
        <translation>该次训练不认识“{0}”。</translation>
    </message>
    <message>
        <source>Use “{0}” (Enter takes the first)</source>
        <translation>使用“{0}”（按 Enter 采用第一个）</translation>
    </message>
</context>
<context>
    <name>Quality</name>
    <message>
        <source>Coherence</source>
        <translation>一致性</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像质量</translation>
    </message>
    <message>
        <source>Variety</source>
        <translation>多样性</translation>
    </message>
    <message>
        <source>Texts</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>Pairs</source>
        <translation>图文对</translation>
    </message>
    <message>
        <source>Share of pairs from noise whose image and text belong together</source>
        <translation>由噪声生成、图文相符的比例</translation>
    </message>
    <message>
        <source>Text to image</source>
        <translation>文到图</translation>
    </message>
    <message>
        <source>Share of images drawn for a text that show what it says</source>
        <translation>为文本所画、与文本相符的图像比例</translation>
    </message>
    <message>
        <source>Image to text</source>
        <translation>图到文</translation>
    </message>
    <message>
        <source>Share of texts written for a real image that are right</source>
        <translation>为真实图像所写、正确的文本比例</translation>
    </message>
    <message>
        <source>Match</source>
        <translation>匹配</translation>
    </message>
    <message>
        <source>Share of images drawn for a real caption that the evaluator matches to it rather than to 99 others</source>
        <translation>为真实描述所画的图像中，评估器认为与该描述而非另外 99 条描述相配的比例</translation>
    </message>
    <message>
        <source>KID × 1000</source>
        <translation>KID × 1000</translation>
    </message>
    <message>
        <source>Grid</source>
        <translation>网格</translation>
    </message>
    <message>
        <source>Detail of single pixels compared with real images: 1 is right, far above 1 is a checkerboard or grain, far below 1 is blur</source>
        <translation>单像素细节与真实图像之比：1 为恰当，远大于 1 表示有棋盘格或颗粒，远小于 1 表示模糊</translation>
    </message>
    <message>
        <source>Texture</source>
        <translation>纹理</translation>
    </message>
    <message>
        <source>The evaluations of this run have no such figures.</source>
        <translation>该次训练的评估没有这类指标。</translation>
    </message>
    <message>
        <source>Coherence cannot be measured on this dataset: its captions hardly differ, and it has too few validation pairs. All other figures were measured.</source>
        <translation>此数据集无法测量一致性：其文字说明几乎没有差别，验证用的图文对也太少。其他指标均已测量。</translation>
    </message>
    <message>
        <source>Variety needs more than five real images to compare with.</source>
        <translation>测量多样性需要五张以上的真实图像作对比。</translation>
    </message>
    <message>
        <source>Tables</source>
        <translation>表格</translation>
    </message>
    <message>
        <source>The items of this run have no rows of a table.</source>
        <translation>该次训练的条目没有表格行。</translation>
    </message>
    <message>
        <source>Sounds</source>
        <translation>声音</translation>
    </message>
    <message>
        <source>Figures of this kind are for runs of sounds alone; with other columns, the matrix says whether sounds belong to them.</source>
        <translation>这类指标只适用于仅有声音的训练；若还有其他列，由矩阵说明声音是否与之相符。</translation>
    </message>
    <message>
        <source>Texture, {0} px</source>
        <translation>纹理，{0} px</translation>
    </message>
    <message>
        <source>Real images</source>
        <translation>真实图像</translation>
    </message>
    <message>
        <source>Match of the real images of these captions: the upper bound</source>
        <translation>这些描述所属真实图像的匹配，即上限</translation>
    </message>
    <message>
        <source>Chance</source>
        <translation>随机</translation>
    </message>
    <message>
        <source>Match of images drawn without looking at the caption</source>
        <translation>不看描述所画图像的匹配</translation>
    </message>
    <message>
        <source>Distance of generated from real images, on features learned from this dataset; lower is better, 0 is as good as real.</source>
        <translation>生成图像与真实图像的距离，按从本数据集学到的特征计算；越低越好，0 即与真实无异。</translation>
    </message>
    <message>
        <source>Distance of small patches of all scales from those of real images, relative to the distance of other real images: 1 is as good as real, lower is better</source>
        <translation>各尺度的小块与真实图像小块的距离，相对于另一批真实图像的距离：1 即与真实无异，越低越好</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>精确率</translation>
    </message>
    <message>
        <source>Share of generated images that look like some real one</source>
        <translation>看起来像某张真实图像的生成图像比例</translation>
    </message>
    <message>
        <source>Recall</source>
        <translation>召回率</translation>
    </message>
    <message>
        <source>Share of real images that some generated one looks like</source>
        <translation>有生成图像与之相像的真实图像比例</translation>
    </message>
    <message>
        <source>Density</source>
        <translation>密度</translation>
    </message>
    <message>
        <source>How many real neighbours a generated image has; real ones: 1</source>
        <translation>一张生成图像有多少真实近邻；真实图像为 1</translation>
    </message>
    <message>
        <source>Coverage</source>
        <translation>覆盖率</translation>
    </message>
    <message>
        <source>Share of real images with a generated one in their vicinity</source>
        <translation>邻近处有生成图像的真实图像比例</translation>
    </message>
    <message>
        <source>Modes</source>
        <translation>模式</translation>
    </message>
    <message>
        <source>Share of the kinds of pairs in the data that are made at all</source>
        <translation>数据中的各类图文对有多少被生成过</translation>
    </message>
    <message>
        <source>Valid</source>
        <translation>有效</translation>
    </message>
    <message>
        <source>Share of texts that mean something in this dataset</source>
        <translation>在本数据集中有意义的文本比例</translation>
    </message>
    <message>
        <source>Unique</source>
        <translation>互异</translation>
    </message>
    <message>
        <source>Different texts over all texts</source>
        <translation>不同文本占全部文本的比例</translation>
    </message>
    <message>
        <source>Distinct words</source>
        <translation>互异词</translation>
    </message>
    <message>
        <source>Different words over all words</source>
        <translation>不同的词占全部词的比例</translation>
    </message>
    <message>
        <source>Known bigrams</source>
        <translation>已知词对</translation>
    </message>
    <message>
        <source>Share of pairs of neighbouring words that the training texts have: far below real texts is no order, far above is learned by heart</source>
        <translation>在训练文本中出现过的相邻词对的比例：远低于真实文本说明没有语序，远高于则是死记硬背</translation>
    </message>
    <message>
        <source>Bigrams, real</source>
        <translation>真实文本的词对</translation>
    </message>
    <message>
        <source>Known bigrams of the validation texts</source>
        <translation>验证文本中已知词对的比例</translation>
    </message>
    <message>
        <source>Fréchet distance on the features of KID; lower is better</source>
        <translation>在 KID 所用特征上的 Fréchet 距离，越低越好</translation>
    </message>
    <message>
        <source>Rarest</source>
        <translation>最少的一类</translation>
    </message>
    <message>
        <source>Share of the samples that the rarest kind of pairs has</source>
        <translation>样本中最少的一类图文对所占的比例</translation>
    </message>
    <message>
        <source>Mode divergence</source>
        <translation>类别散度</translation>
    </message>
    <message>
        <source>How uneven the kinds of pairs are compared with the data, nats</source>
        <translation>与数据相比，各类图文对的不均匀程度，单位为奈特</translation>
    </message>
    <message>
        <source>Distinct bigrams</source>
        <translation>不同的双词组</translation>
    </message>
    <message>
        <source>Different pairs of words over all pairs of words</source>
        <translation>不同的双词组占全部双词组的比例</translation>
    </message>
    <message>
        <source>Known words</source>
        <translation>已知词</translation>
    </message>
    <message>
        <source>Share of words that the training texts have</source>
        <translation>在训练文本中出现过的词所占的比例</translation>
    </message>
    <message>
        <source>Similarity of the texts to validation texts</source>
        <translation>文本与验证文本的相似度</translation>
    </message>
    <message>
        <source>Similarity of the texts to each other; lower is more varied</source>
        <translation>文本彼此的相似度，越低越多样</translation>
    </message>
    <message>
        <source>Near copies</source>
        <translation>近似副本</translation>
    </message>
    <message>
        <source>Share of images that are nearer to a training image than 99 of 100 real ones are</source>
        <translation>与某张训练图像的距离比 99% 的真实图像更近的图像所占的比例</translation>
    </message>
    <message>
        <source>New</source>
        <translation>全新</translation>
    </message>
    <message>
        <source>Share of images that copy no training image</source>
        <translation>没有复制任何训练图像的图像所占的比例</translation>
    </message>
    <message>
        <source>Known</source>
        <translation>已有</translation>
    </message>
    <message>
        <source>Share of texts that occur verbatim in the training set</source>
        <translation>与训练集逐字相同的文本比例</translation>
    </message>
    <message>
        <source>{0}, {1}</source>
        <translation>{0}，{1}</translation>
    </message>
    <message>
        <source>{0} from {1}</source>
        <translation>由 {1} 到 {0}</translation>
    </message>
    <message>
        <source>Share of items made from {1} whose {0} belongs to it: it states the same or, where nothing is stated in common, a matcher finds it among 100</source>
        <translation>由 {1} 生成的条目中，{0} 与之相符的比例：两者表达相同的内容；若没有表达共同的内容，则指匹配器能从 100 个中找出它</translation>
    </message>
    <message>
        <source>All columns made from noise: agreement of {0} with another one, on average</source>
        <translation>所有列均由噪声生成：{0} 与另一列的平均相符程度</translation>
    </message>
    <message>
        <source>all columns</source>
        <translation>所有列</translation>
    </message>
    <message>
        <source>Share of items made from noise whose columns belong together: {0}</source>
        <translation>由噪声生成的条目中，各列彼此相符的比例：{0}</translation>
    </message>
    <message>
        <source>Distributions</source>
        <translation>分布</translation>
    </message>
    <message>
        <source>Distance of each field&apos;s distribution from the training rows&apos;, on average: Kolmogorov-Smirnov for numbers, total variation for categories; 0 is equal</source>
        <translation>各字段的分布与训练行分布的平均距离：数值用 Kolmogorov-Smirnov，类别用全变差；0 表示相同</translation>
    </message>
    <message>
        <source>Correlations</source>
        <translation>相关性</translation>
    </message>
    <message>
        <source>How much the dependence of two fields differs from that in the training rows, on average; 0 is equal</source>
        <translation>两个字段的依赖关系与训练行中的平均相差多少；0 表示相同</translation>
    </message>
    <message>
        <source>Missing cells</source>
        <translation>缺失的单元格</translation>
    </message>
    <message>
        <source>How much a field&apos;s share of missing cells differs from the training rows&apos;, on average; 0 is equal</source>
        <translation>各字段缺失单元格的比例与训练行中的平均相差多少；0 表示相同</translation>
    </message>
    <message>
        <source>Train on synthetic</source>
        <translation>合成数据训练</translation>
    </message>
    <message>
        <source>Accuracy on real rows of a classifier that learned from made rows alone. The upper bound learned from real rows; the baseline guesses the most frequent value</source>
        <translation>仅从生成的行学习的分类器在真实行上的准确率。上限从真实行学习；基线总是猜最常见的值</translation>
    </message>
    <message>
        <source>Nearest record</source>
        <translation>最近记录</translation>
    </message>
    <message>
        <source>Median distance of a made row from the nearest training row; far below that of real validation rows, the baseline, rows are copied</source>
        <translation>生成的行与最近的训练行的距离的中位数；若远低于真实验证行的距离（即基线），说明行是复制来的</translation>
    </message>
    <message>
        <source>Near copies of rows</source>
        <translation>行的近似副本</translation>
    </message>
    <message>
        <source>Share of made rows that are nearer to a training row than 99 of 100 real ones are</source>
        <translation>与某个训练行的距离比 99% 的真实行更近的生成行所占的比例</translation>
    </message>
    <message>
        <source>New rows</source>
        <translation>全新的行</translation>
    </message>
    <message>
        <source>Share of made rows that copy no training row</source>
        <translation>没有复制任何训练行的生成行所占的比例</translation>
    </message>
    <message>
        <source>Distance of generated from real sounds, on features of their spectrograms; lower is better, 0 is as good as real</source>
        <translation>生成声音与真实声音的距离，按其频谱图的特征计算；越低越好，0 即与真实无异</translation>
    </message>
    <message>
        <source>Share of generated sounds that are like some real one</source>
        <translation>与某个真实声音相像的生成声音比例</translation>
    </message>
    <message>
        <source>Share of real sounds that some generated one is like</source>
        <translation>有生成声音与之相像的真实声音比例</translation>
    </message>
    <message>
        <source>How many real neighbours a generated sound has; real ones: 1</source>
        <translation>一个生成声音有多少真实近邻；真实声音为 1</translation>
    </message>
    <message>
        <source>Share of real sounds with a generated one in their vicinity</source>
        <translation>邻近处有生成声音的真实声音比例</translation>
    </message>
    <message>
        <source>Share of sounds that are nearer to a training sound than 99 of 100 real ones are</source>
        <translation>与某个训练声音的距离比 99% 的真实声音更近的声音所占的比例</translation>
    </message>
    <message>
        <source>Share of sounds that copy no training sound</source>
        <translation>没有复制任何训练声音的声音所占的比例</translation>
    </message>
    <message>
        <source>deviation</source>
        <translation>标准差</translation>
    </message>
    <message>
        <source>baseline</source>
        <translation>基线</translation>
    </message>
    <message>
        <source>upper bound</source>
        <translation>上限</translation>
    </message>
    <message>
        <source>samples</source>
        <translation>样本数</translation>
    </message>
    <message>
        <source>{0}: {1}</source>
        <translation>{0}：{1}</translation>
    </message>
    <message>
        <source>{0} px: {1}</source>
        <translation>{0} 像素：{1}</translation>
    </message>
</context>
<context>
    <name>QualityPanel</name>
    <message>
        <source>Quality</source>
        <translation>质量</translation>
    </message>
    <message>
        <source>Evaluate now</source>
        <translation>立即评估</translation>
    </message>
    <message>
        <source>All figures</source>
        <translation>全部指标</translation>
    </message>
    <message>
        <source>Evaluating…</source>
        <translation>正在评估…</translation>
    </message>
    <message>
        <source>Cancel evaluation</source>
        <translation>取消评估</translation>
    </message>
    <message>
        <source>Measure the current weights; training continues meanwhile</source>
        <translation>测量当前权重，训练同时继续</translation>
    </message>
    <message>
        <source>There is no run with weights to measure</source>
        <translation>没有可测量权重的训练</translation>
    </message>
    <message>
        <source>Matrix</source>
        <translation>矩阵</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the selected cells for a spreadsheet; all if none are</source>
        <translation>复制所选单元格，可粘贴到电子表格；未选择时复制全部</translation>
    </message>
    <message>
        <source>Save as CSV…</source>
        <translation>另存为 CSV…</translation>
    </message>
    <message>
        <source>All figures with full precision, one line for each evaluation</source>
        <translation>全部指标，保留完整精度，每次评估一行</translation>
    </message>
    <message>
        <source>Quality is measured about once a minute while a run trains, and when it ends. “Evaluate now” measures the newest weights.</source>
        <translation>训练过程中大约每分钟测量一次质量，结束时也会测量。“立即评估”会测量最新的权重。</translation>
    </message>
    <message>
        <source>A coherence matrix compares three columns or more, and two that are not an image and a text; these are compared under “Coherence”.</source>
        <translation>一致性矩阵比较三列或更多列，也比较并非图像加文本的两列；图像与文本在“一致性”下比较。</translation>
    </message>
    <message>
        <source>Save all figures</source>
        <translation>保存全部指标</translation>
    </message>
    <message>
        <source>Save the coherence matrix</source>
        <translation>保存一致性矩阵</translation>
    </message>
    <message>
        <source>CSV (*.csv)</source>
        <translation>CSV (*.csv)</translation>
    </message>
    <message>
        <source>Best so far: {0}</source>
        <translation>目前最佳：{0}</translation>
    </message>
</context>
<context>
    <name>QualityTable</name>
    <message>
        <source>The best of the run so far</source>
        <translation>该次训练迄今的最佳值</translation>
    </message>
    <message>
        <source>{0} images</source>
        <translation>{0} 张图像</translation>
    </message>
</context>
<context>
    <name>QueueView</name>
    <message>
        <source>Start queue</source>
        <translation>启动队列</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>上移</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>下移</translation>
    </message>
    <message>
        <source>Stop the queue on failure</source>
        <translation>失败时停止队列</translation>
    </message>
    <message>
        <source>If off, a failed run is marked and the next one starts</source>
        <translation>否则失败的训练会被标记，并启动下一个</translation>
    </message>
    <message>
        <source>waits</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>is training now</source>
        <translation>正在训练</translation>
    </message>
    <message>
        <source>resumes where it stopped</source>
        <translation>将从停下处继续</translation>
    </message>
    <message>
        <source>failed: {0}</source>
        <translation>失败：{0}</translation>
    </message>
    <message>
        <source>No runs wait. Fill in the form of a run and choose Add to queue: the runs are then trained one after another.</source>
        <translation>没有排队的训练。填好训练表单并选择“加入队列”，训练就会依次进行。</translation>
    </message>
    <message>
        <source>Pause queue</source>
        <translation>暂停队列</translation>
    </message>
    <message>
        <source>Start no other run; the one under way goes on</source>
        <translation>不再启动新的训练；正在进行的继续</translation>
    </message>
    <message>
        <source>Train the queued runs in order</source>
        <translation>从上到下依次训练</translation>
    </message>
    <message>
        <source>The queue is under way.</source>
        <translation>队列正在进行。</translation>
    </message>
</context>
<context>
    <name>ReadingPane</name>
    <message>
        <source>Drop, paste or draw something: what the run reads from it appears here.</source>
        <translation>请拖入、粘贴或绘制内容：训练从中读出的结果会显示在这里。</translation>
    </message>
    <message>
        <source>{0}: {1} ({2} to {3})</source>
        <translation>{0}：{1}（{2} 到 {3}）</translation>
    </message>
</context>
<context>
    <name>RenameRun</name>
    <message>
        <source>Rename run</source>
        <translation>重命名训练</translation>
    </message>
    <message>
        <source>The run&apos;s folder is renamed</source>
        <translation>该训练的文件夹将被重命名</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>New name of {0}</source>
        <translation>{0} 的新名称</translation>
    </message>
    <message>
        <source>This cannot be the name of a folder</source>
        <translation>这不能用作文件夹名</translation>
    </message>
    <message>
        <source>A run of this name exists already</source>
        <translation>已有同名的运行</translation>
    </message>
</context>
<context>
    <name>ReplaceDialog</name>
    <message>
        <source>Find and replace</source>
        <translation>查找和替换</translation>
    </message>
    <message>
        <source>Match case</source>
        <translation>区分大小写</translation>
    </message>
    <message>
        <source>Whole words</source>
        <translation>整词匹配</translation>
    </message>
    <message>
        <source>Regular expression</source>
        <translation>正则表达式</translation>
    </message>
    <message>
        <source>Only the items shown</source>
        <translation>仅限显示的条目</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>替换</translation>
    </message>
    <message>
        <source>Searching…</source>
        <translation>正在搜索…</translation>
    </message>
    <message>
        <source>Nothing is changed before you click Replace, and it can be undone.</source>
        <translation>点击“替换”之前不会有任何更改，之后也可撤销。</translation>
    </message>
    <message>
        <source>(no text)</source>
        <translation>（无文本）</translation>
    </message>
    <message>
        <source>No text would change.</source>
        <translation>没有文本会改变。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) would change:</source>
        <translation>
            <numerusform>将更改 %Ln 个文本：</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) without an image would lose their text and stay as they are.</source>
        <translation>
            <numerusform>%Ln 条没有图像的条目会失去文本，因此保持不变。</numerusform>
        </translation>
    </message>
    <message>
        <source>Item</source>
        <translation>条目</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>现在</translation>
    </message>
    <message>
        <source>Then</source>
        <translation>之后</translation>
    </message>
    <message>
        <source>Preview</source>
        <translation>预览</translation>
    </message>
    <message>
        <source>Find</source>
        <translation>查找</translation>
    </message>
    <message>
        <source>Replace with</source>
        <translation>替换为</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>RunActions</name>
    <message>
        <source>&amp;Start training</source>
        <translation>开始训练(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>暂停(&amp;P)</translation>
    </message>
    <message>
        <source>Pause and &amp;free memory</source>
        <translation>暂停并归还内存(&amp;G)</translation>
    </message>
    <message>
        <source>R&amp;esume</source>
        <translation>继续(&amp;E)</translation>
    </message>
    <message>
        <source>S&amp;top and save</source>
        <translation>停止并保存(&amp;T)</translation>
    </message>
    <message>
        <source>Stop and &amp;discard…</source>
        <translation>停止并放弃(&amp;D)…</translation>
    </message>
    <message>
        <source>Save a &amp;checkpoint now</source>
        <translation>立即保存检查点(&amp;C)</translation>
    </message>
    <message>
        <source>Draw a sa&amp;mple now</source>
        <translation>立即绘制样本(&amp;M)</translation>
    </message>
    <message>
        <source>Settings of the r&amp;un…</source>
        <translation>本次训练的设置(&amp;U)…</translation>
    </message>
</context>
<context>
    <name>RunChip</name>
    <message>
        <source>{0}
Click to hide or show it; Delete removes it</source>
        <translation>{0}
点击可隐藏或显示；按 Delete 移除</translation>
    </message>
    <message>
        <source>Remove {0}</source>
        <translation>移除 {0}</translation>
    </message>
</context>
<context>
    <name>RunChips</name>
    <message>
        <source>Remove all</source>
        <translation>全部移除</translation>
    </message>
</context>
<context>
    <name>RunControls</name>
    <message>
        <source>Start training</source>
        <translation>开始训练</translation>
    </message>
    <message>
        <source>Add to queue</source>
        <translation>加入队列</translation>
    </message>
    <message>
        <source>Sweep settings</source>
        <translation>扫描设置</translation>
    </message>
    <message>
        <source>Queue a run for each of several values of one setting or two</source>
        <translation>为一个或两个设置的每个取值各排入一个运行</translation>
    </message>
    <message>
        <source>Ways to pause</source>
        <translation>暂停的方式</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Ways to stop</source>
        <translation>停止的方式</translation>
    </message>
    <message>
        <source>Save now</source>
        <translation>立即保存</translation>
    </message>
    <message>
        <source>Sample now</source>
        <translation>立即采样</translation>
    </message>
    <message>
        <source>Add to queue; start it from the Runs panel</source>
        <translation>加入队列：训练将等待，并从训练列表面板启动</translation>
    </message>
    <message>
        <source>Pause, keep the memory</source>
        <translation>暂停，保留内存</translation>
    </message>
    <message>
        <source>Pause and free memory</source>
        <translation>暂停并归还内存</translation>
    </message>
    <message>
        <source>Stop and save</source>
        <translation>停止并保存</translation>
    </message>
    <message>
        <source>Stop and discard…</source>
        <translation>停止并放弃…</translation>
    </message>
    <message>
        <source>Resume the run</source>
        <translation>从停下的地方继续</translation>
    </message>
    <message>
        <source>Pause after the current step</source>
        <translation>在当前步骤之后停在原处</translation>
    </message>
    <message>
        <source>End the run; a checkpoint is saved first</source>
        <translation>结束运行；会先保存检查点</translation>
    </message>
    <message>
        <source>Write a checkpoint after the current step</source>
        <translation>在当前步骤之后写入检查点</translation>
    </message>
    <message>
        <source>Draw a preview after the current step</source>
        <translation>在当前步骤之后绘制预览</translation>
    </message>
    <message>
        <source>The run belongs to another program: {0}.</source>
        <translation>该运行属于另一个程序：{0}。</translation>
    </message>
    <message>
        <source>Pausing…</source>
        <translation>正在暂停…</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
</context>
<context>
    <name>RunForm</name>
    <message>
        <source>A branch has the same as its run: {0}</source>
        <translation>分支必须与原训练相同：{0}</translation>
    </message>
    <message>
        <source>Must be more than {0}, which the checkpoint has already done</source>
        <translation>必须大于 {0}，检查点已经训练了这么多</translation>
    </message>
    <message>
        <source>There is no run in this folder</source>
        <translation>此文件夹中没有训练</translation>
    </message>
    <message>
        <source>Its family is {0}; choose a run of the same family</source>
        <translation>其模型族是 {0}；请选择同一模型族的训练</translation>
    </message>
    <message>
        <source>This run has no checkpoint</source>
        <translation>此训练没有检查点</translation>
    </message>
    <message>
        <source>There is no dataset in this folder</source>
        <translation>该文件夹中没有数据集</translation>
    </message>
    <message>
        <source>This cannot be the name of a folder</source>
        <translation>这不能用作文件夹名称</translation>
    </message>
    <message>
        <source>A run of this name exists already</source>
        <translation>已有同名的训练</translation>
    </message>
    <message>
        <source>Nothing can be written to this folder</source>
        <translation>无法写入该文件夹</translation>
    </message>
</context>
<context>
    <name>RunHistory</name>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Dataset</source>
        <translation>数据集</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>KID</source>
        <translation>KID</translation>
    </message>
    <message>
        <source>Coherence</source>
        <translation>一致性</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Date</source>
        <translation>日期</translation>
    </message>
    <message>
        <source>Starred runs</source>
        <translation>加星标的训练</translation>
    </message>
    <message>
        <source>Images trained on, counted with repeats</source>
        <translation>训练所用图像数，重复的也计入</translation>
    </message>
    <message>
        <source>Time trained</source>
        <translation>训练时间</translation>
    </message>
    <message>
        <source>Best KID of the run: how far its images are from real ones; lower is better</source>
        <translation>该训练的最佳 KID：生成图像与真实图像的差距，越低越好</translation>
    </message>
    <message>
        <source>Best joint coherence of the run: how often image and text of a pair belong together; higher is better</source>
        <translation>该训练的最佳联合一致性：图像与文本相符的比例，越高越好</translation>
    </message>
    <message>
        <source>What the run takes on the disk</source>
        <translation>该训练占用的磁盘空间</translation>
    </message>
    <message>
        <source>When something last happened</source>
        <translation>最近一次活动的时间</translation>
    </message>
    <message>
        <source>Damaged</source>
        <translation>已损坏</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练中</translation>
    </message>
    <message>
        <source>Finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>Interrupted</source>
        <translation>已中断</translation>
    </message>
    <message>
        <source>Not trained</source>
        <translation>未训练</translation>
    </message>
    <message>
        <source>Exported model</source>
        <translation>已导出的模型</translation>
    </message>
    <message>
        <source>Process {0} on {1} trains it now.</source>
        <translation>{1} 上的进程 {0} 正在训练它。</translation>
    </message>
    <message>
        <source>Started from {0}</source>
        <translation>从 {0} 开始</translation>
    </message>
    <message>
        <source>Branch of {0}</source>
        <translation>{0} 的分支</translation>
    </message>
</context>
<context>
    <name>RunNotices</name>
    <message>
        <source>{0} ended with an error</source>
        <translation>{0} 因错误而结束</translation>
    </message>
    <message>
        <source>Training has stopped. Click to see what happened.</source>
        <translation>训练已停止。点击查看原因。</translation>
    </message>
    <message>
        <source>{0} images in {1}. Click to see the pairs.</source>
        <translation>{1} 内训练了 {0} 张图像。点击查看图文对。</translation>
    </message>
    <message>
        <source>{0} is finished</source>
        <translation>{0} 已完成</translation>
    </message>
</context>
<context>
    <name>RunPanel</name>
    <message>
        <source>More settings</source>
        <translation>更多设置</translation>
    </message>
    <message>
        <source>General</source>
        <translation>常规</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Likelihood</source>
        <translation>似然</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Networks</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>Previews and checkpoints</source>
        <translation>预览与检查点</translation>
    </message>
    <message>
        <source>From {0} images on: {1}</source>
        <translation>从 {0} 张图像起：{1}</translation>
    </message>
    <message>
        <source>{0}: {1}</source>
        <translation>{0}：{1}</translation>
    </message>
    <message>
        <source>Train with the settings above</source>
        <translation>按上面的设置训练</translation>
    </message>
    <message>
        <source>Cannot start yet. {0}: {1}.</source>
        <translation>暂时无法开始。{0}：{1}。</translation>
    </message>
    <message>
        <source>Next run</source>
        <translation>下一次训练</translation>
    </message>
    <message numerus="yes">
        <source>%n more field(s) need attention.</source>
        <translation>
            <numerusform>另有 %n 个字段需要处理。</numerusform>
        </translation>
    </message>
    <message>
        <source>Dataset</source>
        <translation>数据集</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Workspace</source>
        <translation>工作区</translation>
    </message>
</context>
<context>
    <name>RunProgress</name>
    <message>
        <source>Progress of the run</source>
        <translation>训练进度</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>设置…</translation>
    </message>
    <message>
        <source>Show the settings of this run, and use them for another</source>
        <translation>查看本次训练的设置，并可用于另一次训练</translation>
    </message>
    <message>
        <source>{0}, {1} pairs, {2} px</source>
        <translation>{0}，{1} 对，{2} 像素</translation>
    </message>
    <message numerus="yes">
        <source>CPU, %Ln thread(s)</source>
        <translation>
            <numerusform>CPU，%Ln 个线程</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>RunSettingsDialog</name>
    <message>
        <source>Only what differs from the preset</source>
        <translation>仅显示与预设不同的设置</translation>
    </message>
    <message>
        <source>Nothing differs from the preset.</source>
        <translation>与预设没有任何不同。</translation>
    </message>
    <message>
        <source>Use for a new run</source>
        <translation>用于新的训练</translation>
    </message>
    <message>
        <source>Fill the form of the next run with these settings</source>
        <translation>用这些设置填写下一次训练的表单</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>All settings</source>
        <translation>全部设置</translation>
    </message>
    <message>
        <source>Change now</source>
        <translation>立即更改</translation>
    </message>
    <message>
        <source>Settings of {0}</source>
        <translation>{0} 的设置</translation>
    </message>
    <message>
        <source>Dataset {0}, preset {1}</source>
        <translation>数据集 {0}，预设 {1}</translation>
    </message>
</context>
<context>
    <name>RunSetupFields</name>
    <message>
        <source>Dataset</source>
        <translation>数据集</translation>
    </message>
    <message>
        <source>The pairs of image and text to learn</source>
        <translation>要学习的图文对</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>A set of values that fit a kind of machine; choosing one sets them all</source>
        <translation>适合某类机器的一组设置；选择后会设置全部数值</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>The run&apos;s folder in the workspace; empty it for a name by date</source>
        <translation>训练在工作区中的文件夹；清空则按日期命名</translation>
    </message>
    <message>
        <source>Other folder…</source>
        <translation>其他文件夹…</translation>
    </message>
    <message>
        <source>Folder of a dataset</source>
        <translation>数据集的文件夹</translation>
    </message>
</context>
<context>
    <name>RunStatus</name>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Trained by another program</source>
        <translation>正由另一个程序训练</translation>
    </message>
    <message>
        <source>Loading PyTorch and the data…</source>
        <translation>正在加载 PyTorch 和数据…</translation>
    </message>
    <message>
        <source>Loading the data…</source>
        <translation>正在加载数据…</translation>
    </message>
    <message>
        <source>Warming up…</source>
        <translation>正在预热…</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Drawing a preview…</source>
        <translation>正在绘制预览…</translation>
    </message>
    <message>
        <source>Measuring the last weights…</source>
        <translation>正在测量最终权重…</translation>
    </message>
    <message>
        <source>Saving a checkpoint…</source>
        <translation>正在保存检查点…</translation>
    </message>
    <message>
        <source>Pausing…</source>
        <translation>正在暂停…</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>Paused, memory given back</source>
        <translation>已暂停，内存已归还</translation>
    </message>
    <message>
        <source>Waiting: it cannot save</source>
        <translation>等待中：无法保存</translation>
    </message>
    <message>
        <source>Resuming…</source>
        <translation>正在继续…</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>Stopped, checkpoint saved</source>
        <translation>已停止，检查点已保存</translation>
    </message>
    <message>
        <source>Stopped without saving</source>
        <translation>已停止，未保存</translation>
    </message>
    <message>
        <source>Interrupted</source>
        <translation>已中断</translation>
    </message>
    <message>
        <source>Ended with an error</source>
        <translation>因错误结束</translation>
    </message>
    <message>
        <source>Exported model, ready to sample</source>
        <translation>已导出的模型，可以采样</translation>
    </message>
    <message>
        <source>{0} images/s</source>
        <translation>{0} 张/秒</translation>
    </message>
    <message>
        <source>{0} h {1} min</source>
        <translation>{0} 小时 {1} 分</translation>
    </message>
    <message>
        <source>{0} min {1} s</source>
        <translation>{0} 分 {1} 秒</translation>
    </message>
    <message>
        <source>{0} s</source>
        <translation>{0} 秒</translation>
    </message>
    <message>
        <source>{0} images</source>
        <translation>{0} 张图像</translation>
    </message>
    <message>
        <source>{0} left</source>
        <translation>剩余 {0}</translation>
    </message>
</context>
<context>
    <name>RunTable</name>
    <message>
        <source>Runs</source>
        <translation>训练列表</translation>
    </message>
</context>
<context>
    <name>RunsBar</name>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Show the run&apos;s curves and images</source>
        <translation>显示该训练的曲线和图像</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Branch…</source>
        <translation>分支…</translation>
    </message>
    <message>
        <source>Begin a new run at a checkpoint of this one, with other settings</source>
        <translation>从该训练的检查点开始一个新训练，可更改设置</translation>
    </message>
    <message>
        <source>Compare the selected runs; a single one is added to those compared</source>
        <translation>比较所选训练；只选一个时，将其加入正在比较的训练</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Star</source>
        <translation>加星标</translation>
    </message>
    <message>
        <source>Rename…</source>
        <translation>重命名…</translation>
    </message>
    <message>
        <source>Queue again</source>
        <translation>再次排队</translation>
    </message>
    <message>
        <source>Add a run with the same settings to the queue</source>
        <translation>将设置相同的训练加入队列</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>设置…</translation>
    </message>
    <message>
        <source>Show the settings of this run, and use them for another</source>
        <translation>查看本次训练的设置，并可用于另一次训练</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Export the model, the curves or a film of the previews</source>
        <translation>导出模型、曲线或由预览制成的影片</translation>
    </message>
    <message>
        <source>Show folder</source>
        <translation>显示文件夹</translation>
    </message>
    <message>
        <source>Copy command</source>
        <translation>复制命令</translation>
    </message>
    <message>
        <source>Copy the command line that does this run again</source>
        <translation>复制可重复该训练的命令行</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Empty trash…</source>
        <translation>清空回收站…</translation>
    </message>
    <message>
        <source>Remove star</source>
        <translation>取消星标</translation>
    </message>
    <message>
        <source>Queue ({0})</source>
        <translation>队列（{0}）</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>队列</translation>
    </message>
    <message>
        <source>Empty trash ({0})…</source>
        <translation>清空回收站（{0}）…</translation>
    </message>
    <message>
        <source>A run is under way already</source>
        <translation>已有训练正在进行</translation>
    </message>
    <message>
        <source>Another program trains this run now</source>
        <translation>另一个程序正在训练它</translation>
    </message>
    <message>
        <source>This run is complete: open it to train further</source>
        <translation>该训练已按计划完成：打开后可继续训练</translation>
    </message>
    <message>
        <source>Resume from the newest intact checkpoint</source>
        <translation>从最新的完整检查点继续</translation>
    </message>
    <message>
        <source>History</source>
        <translation>历史</translation>
    </message>
    <message>
        <source>Search runs</source>
        <translation>搜索训练</translation>
    </message>
    <message>
        <source>Words of names, notes and settings, such as hinge, 0.001 or batch-size=64</source>
        <translation>名称、备注和设置中的词，例如 hinge、0.001 或 batch-size=64</translation>
    </message>
    <message>
        <source>More actions</source>
        <translation>更多操作</translation>
    </message>
</context>
<context>
    <name>RunsController</name>
    <message>
        <source>Copying the checkpoint of {0}…</source>
        <translation>正在复制 {0} 的检查点…</translation>
    </message>
    <message>
        <source>{0} waits in the queue.</source>
        <translation>{0} 已在队列中等待。</translation>
    </message>
    <message>
        <source>Copied: {0}</source>
        <translation>已复制：{0}</translation>
    </message>
</context>
<context>
    <name>RunsPanel</name>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>No runs yet. Every training becomes a run, which is listed here.</source>
        <translation>还没有训练。每次训练都会列在这里。</translation>
    </message>
    <message>
        <source>No run matches the search.</source>
        <translation>没有符合搜索条件的训练。</translation>
    </message>
    <message>
        <source>{0} was moved to the trash.</source>
        <translation>{0} 已移到回收站。</translation>
    </message>
    <message>
        <source>{0} was interrupted after {1} images. Nothing up to its last checkpoint is lost.</source>
        <translation>{0} 在 {1} 张图像后中断。最后一个检查点之前的内容没有丢失。</translation>
    </message>
</context>
<context>
    <name>SampleWall</name>
    <message>
        <source>{0}, pair {1}: {2}</source>
        <translation>{0}，第 {1} 对：{2}</translation>
    </message>
    <message>
        <source>{0} images</source>
        <translation>{0} 张图像</translation>
    </message>
    <message>
        <source>no preview yet</source>
        <translation>尚无预览</translation>
    </message>
</context>
<context>
    <name>SamplesPage</name>
    <message>
        <source>Previews of the compared runs</source>
        <translation>所比较训练的预览</translation>
    </message>
    <message>
        <source>Wipe</source>
        <translation>划动对比</translation>
    </message>
    <message>
        <source>Lay two runs on top of each other, with a divider to drag between them; or press Enter on a pair</source>
        <translation>将两个运行叠放，用可拖动的分隔线对比；也可在某一对上按回车</translation>
    </message>
    <message>
        <source>Show the newest previews</source>
        <translation>显示最新的预览</translation>
    </message>
    <message>
        <source>Smaller</source>
        <translation>缩小</translation>
    </message>
    <message>
        <source>Larger</source>
        <translation>放大</translation>
    </message>
    <message>
        <source>These runs have no previews yet. They appear while the runs train.</source>
        <translation>这些训练还没有预览。训练进行时会出现预览。</translation>
    </message>
    <message>
        <source>The noise of previews follows from the seed: tiles of runs with different seeds show different samples.</source>
        <translation>预览的噪声由种子决定：种子不同的训练，其图块显示的是不同的样本。</translation>
    </message>
    <message>
        <source>{0} images</source>
        <translation>{0} 张图像</translation>
    </message>
</context>
<context>
    <name>SaveFailedDialog</name>
    <message>
        <source>The run cannot save</source>
        <translation>运行无法保存</translation>
    </message>
    <message>
        <source>The run is paused and nothing is lost. It retries automatically.</source>
        <translation>运行已停在原处，没有丢失任何内容。它会不时自动重试。</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Choose another folder…</source>
        <translation>选择其他文件夹…</translation>
    </message>
    <message>
        <source>Stop without saving</source>
        <translation>不保存就停止</translation>
    </message>
    <message>
        <source>Trying…</source>
        <translation>正在重试…</translation>
    </message>
    <message>
        <source>A checkpoint needs {0}, and {1} are free on the disk that holds {2}.</source>
        <translation>一个检查点需要 {0}，而 {2} 所在的磁盘只剩 {1}。</translation>
    </message>
</context>
<context>
    <name>SaveGalleryDialog</name>
    <message>
        <source>Save gallery</source>
        <translation>保存画廊</translation>
    </message>
    <message>
        <source>{0} of {1} pairs written</source>
        <translation>已写入 {0} / {1} 对</translation>
    </message>
    <message numerus="yes">
        <source>%Ln pairs saved</source>
        <translation>
            <numerusform>已保存 %Ln 对</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Cancelled; %Ln pairs were saved before</source>
        <translation>
            <numerusform>已取消；此前已保存 %Ln 对</numerusform>
        </translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>The run has no column that “{0}” could be given for.</source>
        <translation>该次训练没有可以给定“{0}”的列。</translation>
    </message>
    <message>
        <source>Correct the red fields first</source>
        <translation>请先更正标红的字段</translation>
    </message>
    <message numerus="yes">
        <source>Writes %Ln PNG images, their texts (metadata.jsonl), a contact sheet and a page to look through them (index.html) to:</source>
        <translation>
            <numerusform>将 %Ln 张 PNG 图像、其文本（metadata.jsonl）、一张总览图和一个浏览页面（index.html）写入：</numerusform>
        </translation>
    </message>
    <message>
        <source>Writes an item for each that is given: images and sounds as files, texts and table rows in metadata.jsonl, a contact sheet and a page to look through them (index.html) to:</source>
        <translation>为每个给定的条目写出一个条目：图像和声音写成文件，文本和表格行写入 metadata.jsonl，另有缩略图总览和用于浏览的网页（index.html），写入：</translation>
    </message>
    <message numerus="yes">
        <source>Writes %Ln items: images and sounds as files, texts and table rows in metadata.jsonl, a contact sheet and a page to look through them (index.html) to:</source>
        <translation>
            <numerusform>写出 %Ln 个条目：图像和声音写成文件，文本和表格行写入 metadata.jsonl，另有缩略图总览和用于浏览的网页（index.html），写入：</numerusform>
        </translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Preparing…</source>
        <translation>正在准备…</translation>
    </message>
    <message>
        <source>Cancelling…</source>
        <translation>正在取消…</translation>
    </message>
</context>
<context>
    <name>SaveTilesDialog</name>
    <message>
        <source>Save selection</source>
        <translation>保存所选</translation>
    </message>
    <message numerus="yes">
        <source>%Ln pair(s)</source>
        <translation>
            <numerusform>%Ln 对</numerusform>
        </translation>
    </message>
    <message>
        <source>The pairs are written as they are shown: PNG files with their scenes, sounds as WAV files, and the texts in metadata.jsonl. The folder can be imported.</source>
        <translation>各对按显示的样子写入：带场景的 PNG 文件、WAV 格式的声音，以及 metadata.jsonl 中的文本。该文件夹可以导入。</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Enter the path of a new or empty folder.</source>
        <translation>请输入新文件夹或空文件夹的路径。</translation>
    </message>
    <message>
        <source>Folder of the gallery</source>
        <translation>画廊的文件夹</translation>
    </message>
    <message numerus="yes">
        <source>%Ln pair(s) were saved.</source>
        <translation>
            <numerusform>已保存 %Ln 对。</numerusform>
        </translation>
    </message>
    <message>
        <source>Stopped. What was written before is kept.</source>
        <translation>已停止。此前写入的内容会保留。</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>SceneOrigin</name>
    <message>
        <source>Open that run</source>
        <translation>打开该运行</translation>
    </message>
    <message>
        <source>That run is not in the workspace.</source>
        <translation>该运行不在工作区中。</translation>
    </message>
    <message>
        <source>Its weights have changed since, so it draws it differently, too.</source>
        <translation>它的权重此后已改变，因此绘制结果也不同。</translation>
    </message>
    <message>
        <source>Made by the run “{0}”; other weights draw it differently.</source>
        <translation>由运行“{0}”生成；其他权重会绘制出不同的结果。</translation>
    </message>
    <message>
        <source>Made by the run “{0}”, which has other columns: the picture is given.</source>
        <translation>由运行“{0}”生成，其列不同：该图片作为给定内容。</translation>
    </message>
</context>
<context>
    <name>SceneOriginController</name>
    <message>
        <source>The picture was made by the run “{0}”, which is not in the workspace.</source>
        <translation>该图片由运行“{0}”生成，而该运行不在工作区中。</translation>
    </message>
</context>
<context>
    <name>SearchTilesDialog</name>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Words of a text or a tag</source>
        <translation>文本或标签中的词</translation>
    </message>
    <message>
        <source>Searches the newest preview of each run, its tags, and the saved galleries.</source>
        <translation>搜索每次训练的最新预览及其标签，以及已保存的画廊。</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Found</source>
        <translation>搜索结果</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>Run or gallery</source>
        <translation>训练或画廊</translation>
    </message>
    <message>
        <source>Images seen</source>
        <translation>已看过的图像</translation>
    </message>
    <message numerus="yes">
        <source>The first %Ln are shown. Add a word.</source>
        <translation>
            <numerusform>只显示前 %Ln 个。请再加一个词。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln found.</source>
        <translation>
            <numerusform>找到 %Ln 个。</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SelectionActions</name>
    <message>
        <source>Tags…</source>
        <translation>标签…</translation>
    </message>
    <message>
        <source>Tag the selected pairs (T)</source>
        <translation>给所选的对加标签 (T)</translation>
    </message>
    <message>
        <source>Copy enlarged</source>
        <translation>放大复制</translation>
    </message>
    <message>
        <source>Copy the selected pairs as one picture, enlarged without smoothing (Ctrl+C)</source>
        <translation>把所选的对复制为一张图片，放大而不平滑 (Ctrl+C)</translation>
    </message>
    <message>
        <source>Save selection…</source>
        <translation>保存所选…</translation>
    </message>
    <message>
        <source>Write the selected pairs to a folder, as they are shown</source>
        <translation>把所选的对按显示的样子写入文件夹</translation>
    </message>
    <message>
        <source>Where does this come from?</source>
        <translation>这是从哪里来的？</translation>
    </message>
    <message>
        <source>Tiles by step…</source>
        <translation>按步排列图块…</translation>
    </message>
    <message>
        <source>Show the selected pairs at several steps of the run, as one picture</source>
        <translation>在一张图片中显示所选的对在训练各步的样子</translation>
    </message>
    <message>
        <source>Remove star</source>
        <translation>去掉星标</translation>
    </message>
    <message>
        <source>Star</source>
        <translation>加星标</translation>
    </message>
    <message>
        <source>Remove the stars of the selected pairs (S)</source>
        <translation>去掉所选的对的星标 (S)</translation>
    </message>
    <message>
        <source>Star the selected pairs (S)</source>
        <translation>给所选的对加星标 (S)</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Tags of the selected pairs, separated by commas:</source>
        <translation>所选的对的标签，用逗号分隔：</translation>
    </message>
</context>
<context>
    <name>SelectionBar</name>
    <message numerus="yes">
        <source>%Ln selected</source>
        <translation>
            <numerusform>已选 %Ln 个</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SettingRows</name>
    <message>
        <source>With {0} tokens a text and a full vocabulary: about {1} times a training step of digits, {2} times the memory.</source>
        <translation>每个文本 {0} 个词元且词表用满时：每个训练步约为手写数字的 {1} 倍时间、{2} 倍内存。</translation>
    </message>
</context>
<context>
    <name>SettingText</name>
    <message>
        <source>{0} to {1}</source>
        <translation>{0} 到 {1}</translation>
    </message>
    <message>
        <source>Allowed: {0}</source>
        <translation>允许范围：{0}</translation>
    </message>
    <message>
        <source>Preset: {0}</source>
        <translation>预设值：{0}</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>GPU (CUDA)</source>
        <translation>GPU (CUDA)</translation>
    </message>
    <message>
        <source>GPU (Apple)</source>
        <translation>GPU（Apple）</translation>
    </message>
    <message>
        <source>GPU (Intel)</source>
        <translation>GPU（Intel）</translation>
    </message>
    <message>
        <source>No</source>
        <translation>否</translation>
    </message>
    <message>
        <source>Yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>GAN with text likelihood</source>
        <translation>GAN（文本兼用似然）</translation>
    </message>
    <message>
        <source>GAN, purely adversarial</source>
        <translation>GAN（纯对抗）</translation>
    </message>
    <message>
        <source>MVAE, product of experts</source>
        <translation>MVAE（专家乘积）</translation>
    </message>
    <message>
        <source>MoPoE-VAE, mixture of products</source>
        <translation>MoPoE-VAE（乘积混合）</translation>
    </message>
    <message>
        <source>Non-saturating</source>
        <translation>非饱和</translation>
    </message>
    <message>
        <source>Min-max (saturating)</source>
        <translation>极小极大（饱和）</translation>
    </message>
    <message>
        <source>Hinge</source>
        <translation>合页</translation>
    </message>
    <message>
        <source>Least squares</source>
        <translation>最小二乘</translation>
    </message>
    <message>
        <source>Wasserstein</source>
        <translation>Wasserstein</translation>
    </message>
    <message>
        <source>Relativistic pairing</source>
        <translation>相对配对</translation>
    </message>
    <message>
        <source>R1</source>
        <translation>R1</translation>
    </message>
    <message>
        <source>R1 and R2</source>
        <translation>R1 与 R2</translation>
    </message>
    <message>
        <source>Gradient penalty</source>
        <translation>梯度惩罚</translation>
    </message>
    <message>
        <source>Spectral norm</source>
        <translation>谱归一化</translation>
    </message>
    <message>
        <source>Convolutional</source>
        <translation>卷积</translation>
    </message>
    <message>
        <source>Dense</source>
        <translation>全连接</translation>
    </message>
    <message>
        <source>Dense, image and text together</source>
        <translation>图文联合全连接</translation>
    </message>
    <message>
        <source>Modulated</source>
        <translation>调制</translation>
    </message>
    <message>
        <source>Batch norm</source>
        <translation>批归一化</translation>
    </message>
    <message>
        <source>RMS norm</source>
        <translation>RMS 归一化</translation>
    </message>
    <message>
        <source>One-hot vectors</source>
        <translation>独热向量</translation>
    </message>
    <message>
        <source>Token IDs</source>
        <translation>词元编号</translation>
    </message>
    <message>
        <source>Linear layers</source>
        <translation>线性层</translation>
    </message>
    <message>
        <source>Bag of words</source>
        <translation>词袋</translation>
    </message>
    <message>
        <source>Transformer</source>
        <translation>Transformer</translation>
    </message>
    <message>
        <source>Both at once</source>
        <translation>同时生成</translation>
    </message>
    <message>
        <source>Text first</source>
        <translation>先文本后图像</translation>
    </message>
    <message>
        <source>Convolutional, with rhythm</source>
        <translation>卷积（含节奏）</translation>
    </message>
    <message>
        <source>Low-pass</source>
        <translation>低通</translation>
    </message>
    <message>
        <source>In the initial state</source>
        <translation>在初始状态</translation>
    </message>
    <message>
        <source>At every token</source>
        <translation>在每个词元处</translation>
    </message>
    <message>
        <source>With bounded losses</source>
        <translation>损失有下界时</translation>
    </message>
    <message>
        <source>Always</source>
        <translation>始终</translation>
    </message>
    <message>
        <source>Never</source>
        <translation>从不</translation>
    </message>
    <message>
        <source>Spread of each modality</source>
        <translation>各模态的离散程度</translation>
    </message>
    <message>
        <source>Straight-through</source>
        <translation>直通</translation>
    </message>
    <message>
        <source>Soft</source>
        <translation>软</translation>
    </message>
    <message>
        <source>Words</source>
        <translation>词</translation>
    </message>
    <message>
        <source>Pieces of words (BPE)</source>
        <translation>词片（BPE）</translation>
    </message>
    <message>
        <source>Characters</source>
        <translation>字符</translation>
    </message>
    <message>
        <source>DiffAugment</source>
        <translation>DiffAugment</translation>
    </message>
    <message>
        <source>Adaptive (ADA)</source>
        <translation>自适应（ADA）</translation>
    </message>
    <message>
        <source>In memory</source>
        <translation>在内存中</translation>
    </message>
    <message>
        <source>Streamed from the disk</source>
        <translation>从磁盘流式读取</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Lower case</source>
        <translation>小写</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>All of them</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>The first alone</source>
        <translation>仅第一个</translation>
    </message>
    <message>
        <source>Square</source>
        <translation>正方形</translation>
    </message>
    <message>
        <source>Pad</source>
        <translation>填充</translation>
    </message>
    <message>
        <source>Crop</source>
        <translation>裁剪</translation>
    </message>
    <message>
        <source>Stretch</source>
        <translation>拉伸</translation>
    </message>
    <message>
        <source>Grey</source>
        <translation>灰度</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>彩色</translation>
    </message>
    <message>
        <source>Enter a number</source>
        <translation>请输入数字</translation>
    </message>
    <message>
        <source>Not a number; write 0.001 or 1e-3</source>
        <translation>不是数字；请写成 0.001 或 1e-3</translation>
    </message>
    <message>
        <source>Must be a whole number</source>
        <translation>必须是整数</translation>
    </message>
    <message>
        <source>Not a known choice</source>
        <translation>不是可用的选项</translation>
    </message>
    <message>
        <source>Must be at least {0}</source>
        <translation>不得小于 {0}</translation>
    </message>
    <message>
        <source>Must be at most {0}</source>
        <translation>不得大于 {0}</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>Settings that differ</source>
        <translation>不同的设置</translation>
    </message>
    <message>
        <source>Add a second run: this table shows in which settings runs differ.</source>
        <translation>再添加一个训练：此表会显示各训练有哪些设置不同。</translation>
    </message>
    <message>
        <source>These runs have the same settings.</source>
        <translation>这些训练的设置相同。</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the selected cells for a spreadsheet; all if none are</source>
        <translation>复制所选单元格，可粘贴到电子表格；未选择时复制全部</translation>
    </message>
    <message>
        <source>Save as CSV…</source>
        <translation>另存为 CSV…</translation>
    </message>
    <message>
        <source>The whole table, one line for each setting</source>
        <translation>整个表格，每项设置一行</translation>
    </message>
    <message>
        <source>Save the settings that differ</source>
        <translation>保存不同的设置</translation>
    </message>
    <message>
        <source>CSV (*.csv)</source>
        <translation>CSV (*.csv)</translation>
    </message>
</context>
<context>
    <name>ShortcutsDialog</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>Everywhere</source>
        <translation>任何位置</translation>
    </message>
    <message>
        <source>Next field or button</source>
        <translation>下一个字段或按钮</translation>
    </message>
    <message>
        <source>Menu of what has the focus</source>
        <translation>当前焦点对象的菜单</translation>
    </message>
    <message>
        <source>Gallery</source>
        <translation>画廊</translation>
    </message>
    <message>
        <source>Open the pair</source>
        <translation>打开图文对</translation>
    </message>
    <message>
        <source>Select more pairs</source>
        <translation>选择更多的对</translation>
    </message>
    <message>
        <source>Select all pairs</source>
        <translation>选择所有的对</translation>
    </message>
    <message>
        <source>Star the selected pairs, or tag them</source>
        <translation>给所选的对加星标或标签</translation>
    </message>
    <message>
        <source>Copy the selected pairs</source>
        <translation>复制所选的对</translation>
    </message>
    <message>
        <source>Where the pair comes from</source>
        <translation>这一对从哪里来</translation>
    </message>
    <message>
        <source>Search texts and tags</source>
        <translation>搜索文本和标签</translation>
    </message>
    <message>
        <source>Previous and next pair, while one is open</source>
        <translation>上一对和下一对（打开图文对时）</translation>
    </message>
    <message>
        <source>Previous and next step</source>
        <translation>上一步和下一步</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>训练列表</translation>
    </message>
    <message>
        <source>Open the run</source>
        <translation>打开训练</translation>
    </message>
    <message>
        <source>Rename the run</source>
        <translation>重命名训练</translation>
    </message>
    <message>
        <source>Move the run to the trash, or out of the queue</source>
        <translation>将训练移入回收站，或移出队列</translation>
    </message>
    <message>
        <source>Move a run within the queue</source>
        <translation>在队列中移动训练</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>试玩</translation>
    </message>
    <message>
        <source>Choose an item of the board</source>
        <translation>选择展板上的条目</translation>
    </message>
    <message>
        <source>Move through the noise</source>
        <translation>在噪声中移动</translation>
    </message>
    <message>
        <source>Play the sound of the item</source>
        <translation>播放条目的声音</translation>
    </message>
    <message>
        <source>Lock the noise of the item</source>
        <translation>锁定条目的噪声</translation>
    </message>
    <message>
        <source>Copy the picture of the item</source>
        <translation>复制条目的图片</translation>
    </message>
    <message>
        <source>Give a picture or a sound</source>
        <translation>给定图片或声音</translation>
    </message>
    <message>
        <source>Undo, and redo</source>
        <translation>撤销与重做</translation>
    </message>
    <message>
        <source>Move a key frame of the walk</source>
        <translation>移动漫步的关键帧</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Remove the run, or the brush of the axis</source>
        <translation>移除训练，或坐标轴上的刷选范围</translation>
    </message>
    <message>
        <source>Move through the previews, or choose an axis</source>
        <translation>在预览间移动，或选择坐标轴</translation>
    </message>
    <message>
        <source>Move the lower end of the brush</source>
        <translation>移动刷选范围的下端</translation>
    </message>
    <message>
        <source>Move the upper end of the brush</source>
        <translation>移动刷选范围的上端</translation>
    </message>
    <message>
        <source>Show a pair of two runs under a divider</source>
        <translation>在分隔线下显示两个运行的一对</translation>
    </message>
    <message>
        <source>Move the divider</source>
        <translation>移动分隔线</translation>
    </message>
    <message>
        <source>Previous and next pair under the divider</source>
        <translation>分隔线下的上一对与下一对</translation>
    </message>
    <message>
        <source>Next and previous step under the divider</source>
        <translation>分隔线下的下一步与上一步</translation>
    </message>
    <message>
        <source>Datasets</source>
        <translation>数据集</translation>
    </message>
    <message>
        <source>Exclude the selected items, or include them again</source>
        <translation>排除所选条目，或重新纳入</translation>
    </message>
    <message>
        <source>Copy the text of the item</source>
        <translation>复制条目的文本</translation>
    </message>
    <message>
        <source>Select all items</source>
        <translation>选择所有条目</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
</context>
<context>
    <name>SoundButtons</name>
    <message>
        <source>Stop {0}</source>
        <translation>停止 {0}</translation>
    </message>
    <message>
        <source>Play {0}</source>
        <translation>播放 {0}</translation>
    </message>
    <message>
        <source>Play the sound or stop it (Space)</source>
        <translation>播放或停止声音（空格键）</translation>
    </message>
</context>
<context>
    <name>SoundsPage</name>
    <message>
        <source>Lengths of the sounds</source>
        <translation>声音的长度</translation>
    </message>
    <message>
        <source>seconds</source>
        <translation>秒</translation>
    </message>
    <message>
        <source>Drag the line to change the length that is stored</source>
        <translation>拖动竖线可更改存储长度</translation>
    </message>
    <message>
        <source>Sounds</source>
        <translation>声音</translation>
    </message>
    <message>
        <source>All sounds are stored in one length, without the silence around them.</source>
        <translation>所有声音都以同一长度保存，不含首尾的静音。</translation>
    </message>
    <message>
        <source>Listening to the sounds…</source>
        <translation>正在分析声音…</translation>
    </message>
    <message>
        <source>No sound could be read.</source>
        <translation>没有可读取的声音。</translation>
    </message>
    <message>
        <source>Stored: {0} s at {1} Hz</source>
        <translation>保存为 {0} 秒、{1} Hz</translation>
    </message>
    <message numerus="yes">
        <source>%Ln of {0} sounds were read</source>
        <translation>
            <numerusform>读取了 {0} 个声音中的 %Ln 个</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln longer and cut at the end</source>
        <translation>
            <numerusform>%Ln 个较长，结尾被截断</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln padded with silence</source>
        <translation>
            <numerusform>%Ln 个用静音补足</numerusform>
        </translation>
    </message>
    <message>
        <source>the longest has {0} s</source>
        <translation>最长的为 {0} 秒</translation>
    </message>
    <message>
        <source>{0} s, cut</source>
        <translation>{0} 秒，已截断</translation>
    </message>
    <message>
        <source>{0} s, padded</source>
        <translation>{0} 秒，已补足</translation>
    </message>
    <message>
        <source>{0} s</source>
        <translation>{0} 秒</translation>
    </message>
    <message>
        <source>Play or stop</source>
        <translation>播放或停止</translation>
    </message>
    <message>
        <source>8,000 Hz is enough for speech and trains fastest; 16,000 Hz keeps more of music and of hissing sounds.</source>
        <translation>8,000 Hz 足以表现语音，训练也最快；16,000 Hz 能保留更多音乐和嘶声的细节。</translation>
    </message>
    <message>
        <source>A length of 0 takes the one that holds 9 of 10 sounds whole, at most 4 seconds.</source>
        <translation>长度为 0 时，采用能完整容纳九成声音的长度，最长 4 秒。</translation>
    </message>
</context>
<context>
    <name>SourcePage</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Choose what to import. Your files are only read, never changed.</source>
        <translation>请选择要导入的内容。您的文件只会被读取，绝不会被更改。</translation>
    </message>
    <message>
        <source>The files are being listed…</source>
        <translation>正在列出文件…</translation>
    </message>
    <message>
        <source>Choose a folder or a file first.</source>
        <translation>请先选择文件夹或文件。</translation>
    </message>
    <message>
        <source>No images, sounds or tables were found here.</source>
        <translation>这里没有找到图像、声音或表格。</translation>
    </message>
    <message>
        <source>Listing…</source>
        <translation>正在列出…</translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) found so far…</source>
        <translation>
            <numerusform>目前找到 %Ln 个文件…</numerusform>
        </translation>
    </message>
    <message>
        <source>Cancelled. Choose again, or something else.</source>
        <translation>已取消。请重新选择，或选择其他内容。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) found</source>
        <translation>
            <numerusform>找到 %Ln 个文件</numerusform>
        </translation>
    </message>
    <message>
        <source>image files</source>
        <translation>图像文件</translation>
    </message>
    <message>
        <source>sound files</source>
        <translation>声音文件</translation>
    </message>
    <message>
        <source>text files</source>
        <translation>文本文件</translation>
    </message>
    <message>
        <source>Drop a folder or a file here</source>
        <translation>将文件夹或文件拖放到这里</translation>
    </message>
    <message>
        <source>Images, texts, sounds and tables: folders, ZIP and tar archives, CSV, TSV, JSON, Parquet and IDX files are understood.</source>
        <translation>图像、文本、声音和表格：可识别文件夹、ZIP 和 tar 压缩包，以及 CSV、TSV、JSON、Parquet 和 IDX 文件。</translation>
    </message>
    <message>
        <source>Folder to import</source>
        <translation>要导入的文件夹</translation>
    </message>
    <message>
        <source>Choose folder…</source>
        <translation>选择文件夹…</translation>
    </message>
    <message>
        <source>Choose file or archive…</source>
        <translation>选择文件或压缩包…</translation>
    </message>
    <message>
        <source>Recent:</source>
        <translation>最近：</translation>
    </message>
    <message>
        <source>Archive, table or IDX file</source>
        <translation>压缩包、表格或 IDX 文件</translation>
    </message>
</context>
<context>
    <name>SplitDialog</name>
    <message>
        <source>Re-split</source>
        <translation>重新划分</translation>
    </message>
    <message>
        <source>Share of items that is never trained on</source>
        <translation>从不用于训练的条目比例</translation>
    </message>
    <message>
        <source>Validation</source>
        <translation>验证集</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>划分</translation>
    </message>
    <message>
        <source>Give a whole number from 0 to {0}.</source>
        <translation>请输入 0 到 {0} 的整数。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) for validation, {0} to train on; {1} change sides.</source>
        <translation>
            <numerusform>%Ln 条用于验证，{0} 条用于训练；其中 {1} 条改变归属。</numerusform>
        </translation>
    </message>
    <message>
        <source>A hash of each item&apos;s name decides: a validation item stays one when items are added or the share grows.</source>
        <translation>由每个条目名称的哈希决定：添加条目或提高比例时，已属于验证集的仍属于验证集。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>StatisticsPage</name>
    <message>
        <source>Counting…</source>
        <translation>正在统计…</translation>
    </message>
    <message numerus="yes">
        <source>Mean colour of %Ln image(s): {0}</source>
        <translation>
            <numerusform>%Ln 张图像的平均颜色：{0}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln pair(s)</source>
        <translation>
            <numerusform>%Ln 个图文对</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) without text</source>
        <translation>
            <numerusform>%Ln 张图像没有文本</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) without image</source>
        <translation>
            <numerusform>%Ln 个文本没有图像</numerusform>
        </translation>
    </message>
    <message>
        <source>{0} to train on, {1} for validation</source>
        <translation>{0} 条用于训练，{1} 条用于验证</translation>
    </message>
    <message>
        <source>{0} captions an image</source>
        <translation>每张图像 {0} 个描述</translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) excluded</source>
        <translation>
            <numerusform>已排除 %Ln 条</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>StepCursor</name>
    <message>
        <source>{0} images</source>
        <translation>{0} 张图像</translation>
    </message>
</context>
<context>
    <name>StepGridDialog</name>
    <message>
        <source>Tiles by step</source>
        <translation>按步排列图块</translation>
    </message>
    <message>
        <source>Number of steps</source>
        <translation>步数</translation>
    </message>
    <message>
        <source>Number of steps, from the first preview to the newest, each after about as many times the images of the one before</source>
        <translation>从第一个预览到最新预览的步数，每一步的图像数与前一步的比值大致相同</translation>
    </message>
    <message>
        <source>Copy image</source>
        <translation>复制图像</translation>
    </message>
    <message>
        <source>Save image…</source>
        <translation>保存图像…</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步</translation>
    </message>
    <message>
        <source>Drawing…</source>
        <translation>正在绘制…</translation>
    </message>
    <message>
        <source>Images seen</source>
        <translation>已看过的图像</translation>
    </message>
    <message>
        <source>{0} × {1} pixels</source>
        <translation>{0} × {1} 像素</translation>
    </message>
    <message>
        <source>PNG image (*.png)</source>
        <translation>PNG 图像 (*.png)</translation>
    </message>
    <message>
        <source>Save image</source>
        <translation>保存图像</translation>
    </message>
    <message>
        <source>Saved as {0}.</source>
        <translation>已保存为 {0}。</translation>
    </message>
</context>
<context>
    <name>StepPage</name>
    <message>
        <source>Open or start a run: here you take its next steps one by one, on a copy. The run itself does not change.</source>
        <translation>请打开或开始训练：您可以在这里用它的副本逐步执行后续步骤。训练本身不会改变。</translation>
    </message>
    <message>
        <source>Slow motion</source>
        <translation>慢动作</translation>
    </message>
    <message>
        <source>Update discriminator and generator in turn, about one a second</source>
        <translation>交替更新判别器和生成器，大约每秒一次</translation>
    </message>
    <message>
        <source>Start over</source>
        <translation>重新开始</translation>
    </message>
    <message>
        <source>Copy the newest state of the run again</source>
        <translation>重新复制训练的最新状态</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>之前</translation>
    </message>
    <message>
        <source>After</source>
        <translation>之后</translation>
    </message>
    <message>
        <source>The step is computed…</source>
        <translation>正在计算此步…</translation>
    </message>
    <message>
        <source>The run is copied with its dataset…</source>
        <translation>正在复制训练及其数据集…</translation>
    </message>
    <message>
        <source>Update the discriminator</source>
        <translation>更新判别器</translation>
    </message>
    <message>
        <source>The first half of a step: the generator stays as it is</source>
        <translation>一步的前半部分：生成器保持不变</translation>
    </message>
    <message>
        <source>Update the generator</source>
        <translation>更新生成器</translation>
    </message>
    <message>
        <source>The second half of a step: the discriminator stays as it is</source>
        <translation>一步的后半部分：判别器保持不变</translation>
    </message>
    <message>
        <source>One step of the run</source>
        <translation>训练的一步</translation>
    </message>
    <message>
        <source>Exactly what the run would do next</source>
        <translation>与训练接下来要做的完全一致</translation>
    </message>
    <message>
        <source>Take a step: the discriminator learns to tell a batch of real items from generated ones, then the generator learns to make items that it takes for real.</source>
        <translation>执行一步：判别器学习区分一批真实条目与生成的条目，随后生成器学习制作会被判别器当作真实的条目。</translation>
    </message>
    <message>
        <source>Change (white: {0} %)</source>
        <translation>变化（白色：{0} %）</translation>
    </message>
    <message>
        <source>The next step shows what you have chosen.</source>
        <translation>下一步将显示您所选的内容。</translation>
    </message>
</context>
<context>
    <name>StorageErrorHandler</name>
    <message>
        <source>Empty folder for the run to continue in</source>
        <translation>供运行继续的空文件夹</translation>
    </message>
</context>
<context>
    <name>Studio</name>
    <message numerus="yes">
        <source>%Ln run(s) are compared at most.</source>
        <translation>
            <numerusform>最多可比较 %Ln 个训练。</numerusform>
        </translation>
    </message>
    <message>
        <source>Another run can be opened once this one has ended.</source>
        <translation>这次训练结束后才能打开另一次训练。</translation>
    </message>
    <message>
        <source>Folder of a run</source>
        <translation>训练的文件夹</translation>
    </message>
    <message>
        <source>Folder for datasets, runs and galleries</source>
        <translation>数据集、训练和画廊的文件夹</translation>
    </message>
    <message>
        <source>The language changes once the open import or gallery is done.</source>
        <translation>打开的导入或画廊结束后，语言随即切换。</translation>
    </message>
</context>
<context>
    <name>SummaryPage</name>
    <message>
        <source>The dataset&apos;s folder in the workspace</source>
        <translation>数据集在工作区中的文件夹</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Open report</source>
        <translation>打开报告</translation>
    </message>
    <message>
        <source>Train on this</source>
        <translation>用它训练</translation>
    </message>
    <message>
        <source>Import</source>
        <translation>导入</translation>
    </message>
    <message>
        <source>Nothing has been written yet. Review the import before you start it.</source>
        <translation>尚未写入任何内容。以下是将要写入的内容。</translation>
    </message>
    <message>
        <source>You can keep working in the main window in the meantime.</source>
        <translation>在此期间您可以继续使用主窗口。</translation>
    </message>
    <message>
        <source>The dataset is ready.</source>
        <translation>数据集已就绪。</translation>
    </message>
    <message>
        <source>Continue the import</source>
        <translation>继续导入</translation>
    </message>
    <message>
        <source>Name: {0}</source>
        <translation>名称：{0}</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>正在开始…</translation>
    </message>
    <message>
        <source>Cancelling…</source>
        <translation>正在取消…</translation>
    </message>
    <message>
        <source>An earlier import was not finished. It will continue from there unless your files have changed since.</source>
        <translation>此前有一次同样的导入未完成。如果文件没有变化，将从那里继续。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) imported</source>
        <translation>
            <numerusform>已导入 %Ln 条</numerusform>
        </translation>
    </message>
    <message>
        <source>Cancelled. No dataset was made.</source>
        <translation>已取消。没有建立数据集。</translation>
    </message>
    <message>
        <source>Completed work is kept. Press Continue the import to resume it now or later.</source>
        <translation>已完成的部分会保留：随时按“继续导入”即可从那里继续。</translation>
    </message>
    <message>
        <source>Nothing was left out.</source>
        <translation>没有略去任何内容。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s) or item(s) were left out; the report names each of them with its reason.</source>
        <translation>
            <numerusform>略去了 %Ln 个文件或条目；报告中列出了每一个及其原因。</numerusform>
        </translation>
    </message>
    <message>
        <source>{0} × {1} px</source>
        <translation>{0} × {1} 像素</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>彩色</translation>
    </message>
    <message>
        <source>Grey</source>
        <translation>灰度</translation>
    </message>
    <message>
        <source>From</source>
        <translation>来自</translation>
    </message>
    <message>
        <source>Read as</source>
        <translation>读取方式</translation>
    </message>
    <message>
        <source>Content</source>
        <translation>内容</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Fields</source>
        <translation>字段</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>略去</translation>
    </message>
    <message>
        <source>Nothing</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Sounds</source>
        <translation>声音</translation>
    </message>
    <message>
        <source>{0} s at {1} Hz</source>
        <translation>{0} 秒，{1} Hz</translation>
    </message>
    <message>
        <source>values from {0} to {1}</source>
        <translation>值从 {0} 到 {1}</translation>
    </message>
</context>
<context>
    <name>Sweep</name>
    <message>
        <source>{0} is no range of seeds</source>
        <translation>{0} 不是有效的种子范围</translation>
    </message>
    <message>
        <source>Enter the values, separated by commas</source>
        <translation>请输入值，以逗号分隔</translation>
    </message>
    <message>
        <source>Choose two different settings</source>
        <translation>请选择两个不同的设置</translation>
    </message>
    <message>
        <source>A sweep has at most {0} runs; these are {1}</source>
        <translation>一次扫描最多 {0} 个训练；当前有 {1} 个</translation>
    </message>
    <message>
        <source>{0}: {1}</source>
        <translation>{0}：{1}</translation>
    </message>
</context>
<context>
    <name>SweepDialog</name>
    <message>
        <source>Allowed: {0}</source>
        <translation>允许范围：{0}</translation>
    </message>
    <message>
        <source>Setting</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Sweep settings</source>
        <translation>扫描设置</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Estimate</source>
        <translation>估计</translation>
    </message>
    <message>
        <source>Second setting</source>
        <translation>第二个设置</translation>
    </message>
    <message>
        <source>Every value is combined with every value above</source>
        <translation>每个取值与上面的每个取值组合</translation>
    </message>
    <message numerus="yes">
        <source>Add %Ln run(s) to the queue</source>
        <translation>
            <numerusform>将 %Ln 个训练加入队列</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln combination(s) are left out, because the settings exclude them. The first reason:</source>
        <translation>
            <numerusform>有 %Ln 个组合因设置互斥而略去。第一个原因：</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln run(s) take about {0}, one after the other.</source>
        <translation>
            <numerusform>%Ln 个运行依次进行约需 {0}。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>How long %Ln run(s) take is not known before the speed is measured.</source>
        <translation>
            <numerusform>在测量速度之前，无法知道 %Ln 个运行需要多长时间。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln run(s) have no limit of time or images: the queue waits until you stop them.</source>
        <translation>
            <numerusform>%Ln 个运行没有时间或图像数量的限制：队列会一直等待，直到您停止它们。</numerusform>
        </translation>
    </message>
    <message>
        <source>Measuring the speed…</source>
        <translation>正在测量速度…</translation>
    </message>
    <message>
        <source>Values separated by commas, such as 0.001, 0.002, 0.005</source>
        <translation>以逗号分隔的值，例如 0.001, 0.002, 0.005</translation>
    </message>
    <message>
        <source>Seeds separated by commas; 1-3 means 1, 2 and 3</source>
        <translation>以逗号分隔的种子；1-3 表示 1、2 和 3</translation>
    </message>
    <message>
        <source>Values</source>
        <translation>值</translation>
    </message>
    <message>
        <source>Values of the second setting</source>
        <translation>第二个设置的取值</translation>
    </message>
    <message>
        <source>Seeds</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>Runs of the sweep</source>
        <translation>扫描中的训练</translation>
    </message>
    <message>
        <source>A run is queued for each combination of values and seeds; all other settings are those of the form.</source>
        <translation>为取值与种子的每个组合排入一个运行；其他设置均取自表单。</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>训练</translation>
    </message>
</context>
<context>
    <name>TaskBar</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>TextsPage</name>
    <message>
        <source>Measured on a CPU with the preset for it; networks for larger images make texts count for less.</source>
        <translation>用 CPU 预设在 CPU 上测得；图像网络越大，文本所占的比重越小。</translation>
    </message>
    <message>
        <source>How long the texts are</source>
        <translation>文本的长度</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>单位</translation>
    </message>
    <message>
        <source>Count</source>
        <translation>次数</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>之前</translation>
    </message>
    <message>
        <source>After</source>
        <translation>之后</translation>
    </message>
    <message>
        <source>Texts</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>Choose how texts are processed. The source files are not changed.</source>
        <translation>请决定如何处理文本。文件中的文本保持原样。</translation>
    </message>
    <message>
        <source>Reading the texts…</source>
        <translation>正在读取文本…</translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) read so far…</source>
        <translation>
            <numerusform>目前读取了 %Ln 条…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s)</source>
        <translation>
            <numerusform>%Ln 个文本</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln of them different</source>
        <translation>
            <numerusform>其中 %Ln 个不同</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) would be empty</source>
        <translation>
            <numerusform>%Ln 个文本将为空</numerusform>
        </translation>
    </message>
    <message>
        <source>{0} {1} %</source>
        <translation>{0} {1} %</translation>
    </message>
    <message>
        <source>Pieces of words: as whole words {0} % of a new text would be unknown, and the limit is {1} % for {2} texts and more.</source>
        <translation>使用子词：使用整词时新文本中会有 {0} % 的词未知，文本达到 {2} 个时上限为 {1} %。</translation>
    </message>
    <message>
        <source>Whole words: {0} % of a new text would be unknown. Pieces of words are chosen from {1} % and {2} texts on.</source>
        <translation>使用整词：新文本中会有 {0} % 的词未知。达到 {1} % 且文本达到 {2} 个时才使用子词。</translation>
    </message>
    <message>
        <source>About {0} times a training step of digits, {1} times the memory.</source>
        <translation>每个训练步约为手写数字的 {0} 倍时间、{1} 倍内存。</translation>
    </message>
    <message>
        <source>Length in words and signs</source>
        <translation>长度（词和符号）</translation>
    </message>
    <message>
        <source>Length in pieces of words</source>
        <translation>长度（词片）</translation>
    </message>
    <message>
        <source>Length in characters</source>
        <translation>长度（字符）</translation>
    </message>
    <message>
        <source>Length {0}: {1} texts</source>
        <translation>长度 {0}：{1} 个文本</translation>
    </message>
    <message>
        <source>Length {0} with the end holds {1} % of the texts whole</source>
        <translation>长度 {0}（含结束词元）可完整容纳 {1} % 的文本</translation>
    </message>
    <message numerus="yes">
        <source>%Ln different unit(s)</source>
        <translation>
            <numerusform>%Ln 个不同单位</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln only once</source>
        <translation>
            <numerusform>%Ln 个仅出现一次</numerusform>
        </translation>
    </message>
    <message>
        <source>(empty)</source>
        <translation>（没有剩余）</translation>
    </message>
    <message>
        <source>In a run</source>
        <translation>训练时</translation>
    </message>
    <message>
        <source>The dataset keeps the full texts. This is how a run would read them.</source>
        <translation>数据集保留完整文本。训练会这样读取它们。</translation>
    </message>
    <message>
        <source>Texts before and after</source>
        <translation>处理前后的文本</translation>
    </message>
</context>
<context>
    <name>ThumbnailStrip</name>
    <message>
        <source>Item {0}</source>
        <translation>条目 {0}</translation>
    </message>
</context>
<context>
    <name>TileActions</name>
    <message>
        <source>Save picture</source>
        <translation>保存图片</translation>
    </message>
    <message>
        <source>PNG image (*.png)</source>
        <translation>PNG 图像 (*.png)</translation>
    </message>
    <message>
        <source>Open a picture or a sound</source>
        <translation>打开图片或声音</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>所有文件 (*)</translation>
    </message>
    <message>
        <source>More like this, changed by {0} %</source>
        <translation>更多类似的，变化 {0} %</translation>
    </message>
    <message>
        <source>Unlock its noise (L)</source>
        <translation>解锁其噪声（L）</translation>
    </message>
    <message>
        <source>Lock its noise (L)</source>
        <translation>锁定其噪声（L）</translation>
    </message>
    <message>
        <source>Add to the favourites</source>
        <translation>加入收藏</translation>
    </message>
    <message>
        <source>Add to the walk</source>
        <translation>加入漫步</translation>
    </message>
    <message>
        <source>Copy picture</source>
        <translation>复制图片</translation>
    </message>
    <message>
        <source>Paste picture</source>
        <translation>粘贴图片</translation>
    </message>
    <message>
        <source>Save picture…</source>
        <translation>保存图片…</translation>
    </message>
</context>
<context>
    <name>TileModel</name>
    <message>
        <source>Pair {0}: {1}</source>
        <translation>第 {0} 对：{1}</translation>
    </message>
    <message>
        <source>Pair {0}, starred: {1}</source>
        <translation>第 {0} 对，已加星标：{1}</translation>
    </message>
    <message>
        <source>Tags: {0}</source>
        <translation>标签：{0}</translation>
    </message>
    <message>
        <source>Space plays the sound</source>
        <translation>按空格键播放声音</translation>
    </message>
</context>
<context>
    <name>TileOriginDialog</name>
    <message>
        <source>Origin</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Pair</source>
        <translation>对</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy these lines as text</source>
        <translation>把这些行复制为文本</translation>
    </message>
    <message>
        <source>Copy scene</source>
        <translation>复制场景</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Images seen</source>
        <translation>已看过的图像</translation>
    </message>
    <message>
        <source>Training time</source>
        <translation>训练时间</translation>
    </message>
    <message>
        <source>Tile</source>
        <translation>图块</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Dataset</source>
        <translation>数据集</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>步</translation>
    </message>
    <message>
        <source>The settings of the run cannot be read, so its seed is not known.</source>
        <translation>无法读取这次训练的设置，因此不知道它的种子。</translation>
    </message>
    <message>
        <source>The scene names the noise of this tile; a checkpoint of this run draws a pair from it. If the run was trained on a GPU, its previews were drawn from other noise.</source>
        <translation>场景记录了这个图块的噪声，这次训练的检查点可由它画出一对。如果训练在 GPU 上进行，预览是由别的噪声画出的。</translation>
    </message>
    <message>
        <source>Copy the scene as JSON</source>
        <translation>把场景复制为 JSON</translation>
    </message>
</context>
<context>
    <name>TimelineBar</name>
    <message>
        <source>Step of the run</source>
        <translation>训练步骤</translation>
    </message>
    <message>
        <source>Previous step</source>
        <translation>上一步</translation>
    </message>
    <message>
        <source>Next step</source>
        <translation>下一步</translation>
    </message>
    <message>
        <source>Live</source>
        <translation>实时</translation>
    </message>
    <message>
        <source>Newest</source>
        <translation>最新</translation>
    </message>
    <message>
        <source>Show the newest pairs</source>
        <translation>显示最新的图文对</translation>
    </message>
    <message>
        <source>Show the newest pairs, and each new preview as it comes</source>
        <translation>显示最新的图文对，并随新预览更新</translation>
    </message>
</context>
<context>
    <name>TimelineController</name>
    <message>
        <source>{0} images</source>
        <translation>{0} 张图像</translation>
    </message>
    <message>
        <source>pairs at {0}</source>
        <translation>图文对：{0} 张图像处</translation>
    </message>
    <message>
        <source>evaluation at {0}</source>
        <translation>评估：{0} 张图像处</translation>
    </message>
    <message>
        <source>checkpoint at {0}</source>
        <translation>检查点：{0} 张图像处</translation>
    </message>
    <message>
        <source>{0}, {1} images</source>
        <translation>{0}，{1} 张图像</translation>
    </message>
</context>
<context>
    <name>Trouble</name>
    <message>
        <source>Steps were left out at {0} images. Not a number: {1}.</source>
        <translation>在 {0} 张图像处跳过了一些步骤。不是数值：{1}。</translation>
    </message>
    <message>
        <source>They changed nothing (step {0}). Training continues.</source>
        <translation>它们没有改变任何内容（步骤 {0}）。训练继续进行。</translation>
    </message>
    <message>
        <source>Training became unstable at {0} images.</source>
        <translation>训练在 {0} 张图像处变得不稳定。</translation>
    </message>
    <message>
        <source>It went back to {0} images and continues with {1} of the learning rate.</source>
        <translation>它退回到 {0} 张图像处，以学习率的 {1} 继续。</translation>
    </message>
    <message>
        <source>Each batch is now split into {0} micro-batches, to the same effect but slower.</source>
        <translation>现在每个批次分成 {0} 部分学习，效果相同但更慢。</translation>
    </message>
    <message>
        <source>{0} of {1} were taken.</source>
        <translation>已用去 {0}（共 {1}）。</translation>
    </message>
    <message>
        <source>A batch of {0} does not fit into memory.</source>
        <translation>大小为 {0} 的批次放不进内存。</translation>
    </message>
    <message>
        <source>Damaged checkpoints were skipped: {0}.</source>
        <translation>跳过了损坏的检查点：{0}。</translation>
    </message>
    <message>
        <source>The run resumes from {0} ({1} images), which is intact.</source>
        <translation>运行从完好的 {0}（{1} 张图像）继续。</translation>
    </message>
    <message>
        <source>The dataset has changed since it was written: {0}.</source>
        <translation>数据集在写入之后发生了变化：{0}。</translation>
    </message>
    <message>
        <source>Training continues with it. Import it again, or restore a backup.</source>
        <translation>训练将继续使用它。请重新导入，或从备份中恢复。</translation>
    </message>
    <message>
        <source>The log of this run was deleted.</source>
        <translation>此次运行的日志被删除了。</translation>
    </message>
    <message>
        <source>Its {0} are restored, and training continues.</source>
        <translation>已恢复其中的 {0}，训练继续进行。</translation>
    </message>
    <message>
        <source>Pause, Stop and the other buttons are passed on to it.</source>
        <translation>“暂停”“停止”等按钮会转交给它。</translation>
    </message>
    <message>
        <source>Another program trains this run: {0}.</source>
        <translation>另一个程序正在训练这个运行：{0}。</translation>
    </message>
    <message>
        <source>It can be resumed here once that program has stopped it.</source>
        <translation>那个程序停止它之后，就可以在这里继续。</translation>
    </message>
    <message>
        <source>The program that trains this run has not answered yet.</source>
        <translation>训练该运行的程序尚未答复。</translation>
    </message>
    <message>
        <source>In a synchronised folder this can take minutes. If it never answers, use the terminal in which it runs.</source>
        <translation>在同步文件夹中这可能需要几分钟。如果一直没有答复，请使用运行它的终端。</translation>
    </message>
    <message>
        <source>The program that trains this run refuses the request: {0}.</source>
        <translation>训练该运行的程序拒绝了请求：{0}。</translation>
    </message>
    <message>
        <source>Check the clocks of both computers, then try again.</source>
        <translation>请检查两台电脑的时钟，然后重试。</translation>
    </message>
    <message>
        <source>process {0} on {1}</source>
        <translation>{1} 上的进程 {0}</translation>
    </message>
</context>
<context>
    <name>UnsavedEdits</name>
    <message>
        <source>Unsaved edits</source>
        <translation>未保存的编辑</translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) of {0} were edited. Save them?</source>
        <translation>
            <numerusform>{0} 中有 %Ln 条已编辑。要保存吗？</numerusform>
        </translation>
    </message>
    <message>
        <source>They become a new version, {0}; {1} stays as it is.</source>
        <translation>它们将成为新版本 {0}；{1} 保持不变。</translation>
    </message>
    <message>
        <source>Save as new version</source>
        <translation>保存为新版本</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>放弃</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
</context>
<context>
    <name>WalkControls</name>
    <message>
        <source>The walk visits the items of the board. Add two or more key frames to choose.</source>
        <translation>漫步会经过展板上的各个条目。添加两个或更多关键帧即可自行选择。</translation>
    </message>
    <message>
        <source>Key frames of the walk</source>
        <translation>漫步的关键帧</translation>
    </message>
    <message>
        <source>Add chosen item</source>
        <translation>添加所选条目</translation>
    </message>
    <message>
        <source>Drag it to another place, or press Enter to show it on the board</source>
        <translation>拖到其他位置，或按回车在展板上显示</translation>
    </message>
    <message>
        <source>Move this key frame forward (Alt+Left)</source>
        <translation>将此关键帧前移（Alt+Left）</translation>
    </message>
    <message>
        <source>Move this key frame back (Alt+Right)</source>
        <translation>将此关键帧后移（Alt+Right）</translation>
    </message>
    <message>
        <source>Remove this key frame (Del)</source>
        <translation>移除此关键帧（Del）</translation>
    </message>
    <message>
        <source>Loop</source>
        <translation>循环</translation>
    </message>
    <message>
        <source>Return from the last key frame to the first</source>
        <translation>从最后一个关键帧回到第一个</translation>
    </message>
    <message>
        <source>{0} s</source>
        <translation>{0} 秒</translation>
    </message>
    <message>
        <source>Time between two key frames</source>
        <translation>两个关键帧之间的时间</translation>
    </message>
    <message>
        <source>Play walk</source>
        <translation>播放漫步</translation>
    </message>
    <message>
        <source>Place on the walk</source>
        <translation>漫步中的位置</translation>
    </message>
    <message>
        <source>Format of the film</source>
        <translation>影片格式</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>each</source>
        <translation>每段</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
</context>
<context>
    <name>WelcomePage</name>
    <message>
        <source>Welcome to Diptych</source>
        <translation>欢迎使用 Diptych</translation>
    </message>
    <message>
        <source>A generator learns to make items of several parts, such as an image, its text and its sound; a discriminator learns to tell them from real ones. Each makes the other better while you watch. Pick something to start with: it trains right here, on this computer, and nothing is uploaded.</source>
        <translation>生成器学习制作由多个部分组成的条目，例如图像、文本与声音；判别器学习分辨生成的与真实的条目。两者在您眼前相互促进。请选一项开始：训练就在这台计算机上进行，不会上传任何内容。</translation>
    </message>
    <message>
        <source>Train on {0}</source>
        <translation>训练{0}</translation>
    </message>
    <message>
        <source>Import your own images…</source>
        <translation>导入自己的图像…</translation>
    </message>
    <message>
        <source>Set up a run yourself</source>
        <translation>自行设置训练</translation>
    </message>
    <message>
        <source>Open a run…</source>
        <translation>打开训练…</translation>
    </message>
    <message>
        <source>Look</source>
        <translation>看</translation>
    </message>
    <message>
        <source>Listen</source>
        <translation>听</translation>
    </message>
    <message>
        <source>Learn</source>
        <translation>学</translation>
    </message>
    <message>
        <source>Drive</source>
        <translation>驾驶</translation>
    </message>
    <message>
        <source>Care</source>
        <translation>医护</translation>
    </message>
</context>
<context>
    <name>WipePane</name>
    <message>
        <source>Run left of the divider</source>
        <translation>分隔线左侧的运行</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>左</translation>
    </message>
    <message>
        <source>Run right of the divider</source>
        <translation>分隔线右侧的运行</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>右</translation>
    </message>
    <message>
        <source>Keep this step</source>
        <translation>固定此步</translation>
    </message>
    <message>
        <source>The left side stays at its step while the slider moves the right one: choose the same run twice to compare two of its steps</source>
        <translation>左侧停留在当前步，滑块移动右侧：两侧选同一个运行即可比较它的两个步</translation>
    </message>
    <message>
        <source>Exchange left and right</source>
        <translation>左右交换</translation>
    </message>
    <message>
        <source>Place of the divider in percent</source>
        <translation>分隔线的位置（百分比）</translation>
    </message>
    <message>
        <source>Drag the divider, or move it with Shift and Left or Right. Left and Right show other pairs, Up and Down other steps.</source>
        <translation>拖动分隔线，或用 Shift 加左右方向键移动。左右键显示其他对，上下键显示其他步。</translation>
    </message>
    <message>
        <source>no preview yet</source>
        <translation>尚无预览</translation>
    </message>
    <message>
        <source>{0} images</source>
        <translation>{0} 张图像</translation>
    </message>
    <message>
        <source>Pair {0} of {1}</source>
        <translation>第 {0} 对，共 {1} 对</translation>
    </message>
</context>
<context>
    <name>WriteController</name>
    <message>
        <source>Saving {0}…</source>
        <translation>正在保存 {0}…</translation>
    </message>
    <message>
        <source>Exporting to {0}…</source>
        <translation>正在导出到 {0}…</translation>
    </message>
    <message>
        <source>Saved as {0}.</source>
        <translation>已保存为 {0}。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) exported to {0}</source>
        <translation>
            <numerusform>已导出 %Ln 张图像到 {0}</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_Block</name>
    <message>
        <source>Leave open</source>
        <translation>不给定</translation>
    </message>
    <message>
        <source>Generate {0} instead of giving it</source>
        <translation>不给定 {0}，改由模型生成</translation>
    </message>
    <message>
        <source>generated</source>
        <translation>由模型生成</translation>
    </message>
</context>
<context>
    <name>_Card</name>
    <message numerus="yes">
        <source>%Ln items</source>
        <translation>
            <numerusform>%Ln 个条目</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_CellBlock</name>
    <message>
        <source>Leave it empty to have it generated</source>
        <translation>留空则由模型生成</translation>
    </message>
</context>
<context>
    <name>_CellFields</name>
    <message>
        <source>Filled in</source>
        <translation>由模型补全</translation>
    </message>
    <message>
        <source>Leave it empty to have it filled in</source>
        <translation>留空则由模型补全</translation>
    </message>
</context>
<context>
    <name>_DatasetText</name>
    <message numerus="yes">
        <source>%Ln pair(s)</source>
        <translation>
            <numerusform>%Ln 个图文对</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s)</source>
        <translation>
            <numerusform>%Ln 条</numerusform>
        </translation>
    </message>
    <message>
        <source>{0} s of sound</source>
        <translation>{0} 秒声音</translation>
    </message>
    <message numerus="yes">
        <source>%Ln field(s)</source>
        <translation>
            <numerusform>%Ln 个字段</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_DirectionRow</name>
    <message>
        <source>Direction {0}</source>
        <translation>方向 {0}</translation>
    </message>
    <message>
        <source>Name of direction {0}</source>
        <translation>方向 {0} 的名称</translation>
    </message>
    <message>
        <source>Type a name for what this direction changes</source>
        <translation>输入名称，说明此方向改变什么</translation>
    </message>
    <message>
        <source>text stays in {0} %</source>
        <translation>文本在 {0} % 的情况下不变</translation>
    </message>
    <message>
        <source>How often the picture still reads as its text, half way along the slider</source>
        <translation>滑块移到一半时，图片仍与其文本相符的比例</translation>
    </message>
    <message>
        <source>Reverse the slider</source>
        <translation>反转滑块</translation>
    </message>
    <message>
        <source>Pin it to the top</source>
        <translation>置顶</translation>
    </message>
</context>
<context>
    <name>_DragList</name>
    <message>
        <source>Queue</source>
        <translation>队列</translation>
    </message>
    <message>
        <source>Drag the lines into another order, or press Alt+Up and Alt+Down</source>
        <translation>拖动各行可改变顺序，也可按 Alt+↑ 和 Alt+↓</translation>
    </message>
</context>
<context>
    <name>_FoundText</name>
    <message numerus="yes">
        <source>%Ln image(s) without text</source>
        <translation>
            <numerusform>%Ln 张图像没有文本</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) without image</source>
        <translation>
            <numerusform>%Ln 个文本没有图像</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) equal to another</source>
        <translation>
            <numerusform>%Ln 张图像与其他图像相同</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) much like another</source>
        <translation>
            <numerusform>%Ln 张图像与其他图像很相似</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) with a text of many others</source>
        <translation>
            <numerusform>%Ln 张图像的文本与许多图像相同</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) with a garbled text</source>
        <translation>
            <numerusform>%Ln 条文本乱码</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) with a very long text</source>
        <translation>
            <numerusform>%Ln 条文本过长</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) of very small groups</source>
        <translation>
            <numerusform>%Ln 条属于很小的分组</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln silent sound(s)</source>
        <translation>
            <numerusform>%Ln 个静音的声音</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln overdriven sound(s)</source>
        <translation>
            <numerusform>%Ln 个过载的声音</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln sound(s) longer than what is stored</source>
        <translation>
            <numerusform>%Ln 个长于存储长度的声音</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln sound(s) equal to another</source>
        <translation>
            <numerusform>%Ln 个与另一个相同的声音</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln validation image(s) trained on too</source>
        <translation>
            <numerusform>%Ln 张验证图像也用于训练</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_ImportedText</name>
    <message numerus="yes">
        <source>%Ln pair(s)</source>
        <translation>
            <numerusform>%Ln 个图文对</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) alone</source>
        <translation>
            <numerusform>%Ln 张单独图像</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) alone</source>
        <translation>
            <numerusform>%Ln 个单独文本</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) with sound</source>
        <translation>
            <numerusform>%Ln 个带声音的条目</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s) of a table</source>
        <translation>
            <numerusform>%Ln 个表格行</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln of them for validation</source>
        <translation>
            <numerusform>其中 %Ln 条用于验证</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln left out</source>
        <translation>
            <numerusform>略去 %Ln 个</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) without text</source>
        <translation>
            <numerusform>%Ln 张图像没有文本</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) without image</source>
        <translation>
            <numerusform>%Ln 个文本没有图像</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_PictureBlock</name>
    <message>
        <source>Draw here, drop a picture, or paste one on the board (Ctrl+V).</source>
        <translation>在此绘画、拖入图片，或在展板上粘贴图片（Ctrl+V）。</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>打开…</translation>
    </message>
</context>
<context>
    <name>_ReasonText</name>
    <message>
        <source>There is no file in it.</source>
        <translation>其中没有文件。</translation>
    </message>
    <message numerus="yes">
        <source>None of the %Ln file(s) is an image in this format.</source>
        <translation>
            <numerusform>以此方式读取，%Ln 个文件中没有图像。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>No texts were found for %Ln image(s): names such as {0} are no captions. You can keep the images without text.</source>
        <translation>
            <numerusform>没有找到 %Ln 张图像的文本：{0} 这样的名称不是说明文字。您可以保留没有文本的图像。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) have no text that belongs to them by name.</source>
        <translation>
            <numerusform>%Ln 张图像没有同名的文本。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) have no image that belongs to them by name.</source>
        <translation>
            <numerusform>%Ln 个文本没有同名的图像。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text(s) have the name of an image that lies in another folder.</source>
        <translation>
            <numerusform>%Ln 个文本与其他文件夹中的图像同名。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln row(s) lack the image or the text that the chosen columns should hold.</source>
        <translation>
            <numerusform>%Ln 行缺少所选列应有的图像或文本。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln item(s) are left out by what you have chosen.</source>
        <translation>
            <numerusform>按您的选择略去了 %Ln 条。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s) cannot be read, such as {0}.</source>
        <translation>
            <numerusform>%Ln 张图像无法读取，例如 {0}。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>All %Ln remaining item(s) are for validation, none for training.</source>
        <translation>
            <numerusform>剩余的 %Ln 个条目全部用于验证，没有可用于训练的。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, are links that lead out of it. Choose the folder that they lead to, or copy the files.</source>
        <translation>
            <numerusform>%Ln 个文件（例如 {0}）是指向外部的链接。请选择链接所指的文件夹，或复制这些文件。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, are encrypted with a password. Unpack the archive first.</source>
        <translation>
            <numerusform>%Ln 个文件（例如 {0}）有密码加密。请先解压。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>It holds %Ln archive(s), such as {0}. Choose one of them, or unpack them first.</source>
        <translation>
            <numerusform>其中有 %Ln 个压缩包，例如 {0}。请选择其中一个，或先解压。</numerusform>
        </translation>
    </message>
    <message>
        <source>The images of {0} are web addresses; nothing is downloaded. Download them first.</source>
        <translation>{0} 中的图像是网址；程序不会下载。请先下载图像。</translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, are DICOM scans, which are not read. Convert them to PNG or TIFF.</source>
        <translation>
            <numerusform>%Ln 个文件（例如 {0}）是 DICOM 扫描，无法读取。请转换为 PNG 或 TIFF。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, are videos, which are not read. Extract frames as JPEG or PNG.</source>
        <translation>
            <numerusform>%Ln 个文件（例如 {0}）是视频，无法读取。请将画面导出为 JPEG 或 PNG。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, are raw photos of a camera, which are not read. Convert them to JPEG or TIFF.</source>
        <translation>
            <numerusform>%Ln 个文件（例如 {0}）是相机的 RAW 照片，无法读取。请转换为 JPEG 或 TIFF。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, are sounds of a kind that is not read. Convert them to WAV, FLAC, MP3 or Ogg Vorbis.</source>
        <translation>
            <numerusform>有 %Ln 个文件（如 {0}）是无法读取的声音类型。请将其转换为 WAV、FLAC、MP3 或 Ogg Vorbis。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, are documents, which are not read. Export their pages as PNG.</source>
        <translation>
            <numerusform>%Ln 个文件（例如 {0}）是文档，无法读取。请将页面导出为 PNG。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln file(s), such as {0}, hold arrays, which are not read. Save the images as PNG or TIFF.</source>
        <translation>
            <numerusform>%Ln 个文件（例如 {0}）包含数组，无法读取。请将图像保存为 PNG 或 TIFF。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln image(s), such as {0}, are of a kind that is not read. Convert them to JPEG or PNG.</source>
        <translation>
            <numerusform>%Ln 张图像（例如 {0}）的格式无法读取。请转换为 JPEG 或 PNG。</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln text file(s), such as {0}, hold numbers instead of captions.</source>
        <translation>
            <numerusform>%Ln 个文本文件（例如 {0}）包含数字而不是说明文字。</numerusform>
        </translation>
    </message>
    <message>
        <source>Another format may fit better: try the others on the left.</source>
        <translation>其他读取方式可能更合适：请试试左侧的其他方式。</translation>
    </message>
    <message>
        <source>A text and its image must have the same name: cat.txt belongs to cat.jpg.</source>
        <translation>文本与其图像必须同名：cat.txt 对应 cat.jpg。</translation>
    </message>
    <message>
        <source>The texts may be elsewhere: choose the folder that contains both images and texts.</source>
        <translation>文本可能在别处：请选择同时包含图像和文本的文件夹。</translation>
    </message>
    <message>
        <source>Other columns may be needed: choose those with the image names and the texts.</source>
        <translation>可能是其他列：请选择给出图像名和文本的列。</translation>
    </message>
</context>
<context>
    <name>_Reasons</name>
    <message>
        <source>Import the images without texts</source>
        <translation>导入没有文本的图像</translation>
    </message>
    <message>
        <source>No pair was found. The likeliest reasons:</source>
        <translation>没有找到图文对。最可能的原因：</translation>
    </message>
</context>
<context>
    <name>_SettingsTable</name>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Setting</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>值</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
</context>
<context>
    <name>_SoundBlock</name>
    <message>
        <source>Play</source>
        <translation>播放</translation>
    </message>
    <message>
        <source>Play or stop the given sound: {0}</source>
        <translation>播放或停止给定的声音：{0}</translation>
    </message>
    <message>
        <source>Drop a sound to give it.</source>
        <translation>拖入声音即可给定。</translation>
    </message>
    <message>
        <source>{0} s</source>
        <translation>{0} 秒</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>打开…</translation>
    </message>
</context>
<context>
    <name>_TextBlock</name>
    <message>
        <source>Leave it empty to have it generated</source>
        <translation>留空则由模型生成</translation>
    </message>
</context>
<context>
    <name>_WordTable</name>
    <message>
        <source>Label</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Word</source>
        <translation>词</translation>
    </message>
    <message>
        <source>Words for the labels</source>
        <translation>标签对应的词</translation>
    </message>
</context>
</TS>
