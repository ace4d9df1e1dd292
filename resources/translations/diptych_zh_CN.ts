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
        <source>&amp;Save gallery…</source>
        <translation>保存画廊(&amp;S)…</translation>
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
        <source>&amp;Start training</source>
        <translation>开始训练(&amp;S)</translation>
    </message>
    <message>
        <source>S&amp;top</source>
        <translation>停止(&amp;T)</translation>
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
        <source>Open &amp;log folder</source>
        <translation>打开日志文件夹(&amp;L)</translation>
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
        <source>&amp;Appearance</source>
        <translation>外观(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
</context>
<context>
    <name>CloseGuard</name>
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
        <source>Cancel</source>
        <translation>取消</translation>
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
        <source>Losses</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
</context>
<context>
    <name>Engine</name>
    <message>
        <source>must not exceed the learning rate</source>
        <translation>不得大于学习率</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>预设</translation>
    </message>
    <message>
        <source>The row of the preset table that the other settings started from.</source>
        <translation>其他设置所依据的预设。</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Where to train. &apos;auto&apos; takes the GPU when there is one.</source>
        <translation>在哪里训练。“自动”在有 GPU 时使用 GPU。</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>Start of every random number; the same seed gives the same run.</source>
        <translation>所有随机数的起点；相同的种子得到相同的训练。</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时长</translation>
    </message>
    <message>
        <source>Training time. 0 means no limit in time.</source>
        <translation>训练时间。0 表示不限时间。</translation>
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
        <source>Real images to train on, counted with repeats. 0 means no limit in images.</source>
        <translation>用于训练的真实图像数，重复计入。0 表示不限数量。</translation>
    </message>
    <message>
        <source>images</source>
        <translation>张</translation>
    </message>
    <message>
        <source>Image size</source>
        <translation>图像尺寸</translation>
    </message>
    <message>
        <source>Side of the generated images; datasets are resized to it.</source>
        <translation>生成图像的边长；数据集会缩放到此尺寸。</translation>
    </message>
    <message>
        <source>px</source>
        <translation>像素</translation>
    </message>
    <message>
        <source>Noise size</source>
        <translation>噪声维数</translation>
    </message>
    <message>
        <source>Numbers of noise that become one pair.</source>
        <translation>生成一个图文对所用的噪声数值个数。</translation>
    </message>
    <message>
        <source>Generator width</source>
        <translation>生成器宽度</translation>
    </message>
    <message>
        <source>Channels of the generator&apos;s finest layer; cost grows with its square.</source>
        <translation>生成器最精细一层的通道数；计算量随其平方增长。</translation>
    </message>
    <message>
        <source>channels</source>
        <translation>通道</translation>
    </message>
    <message>
        <source>Critic width</source>
        <translation>判别器宽度</translation>
    </message>
    <message>
        <source>Channels of the critic&apos;s finest layer; cost grows with its square.</source>
        <translation>判别器最精细一层的通道数；计算量随其平方增长。</translation>
    </message>
    <message>
        <source>Feature size</source>
        <translation>特征维数</translation>
    </message>
    <message>
        <source>Numbers that sum up one image or one text inside the networks.</source>
        <translation>网络内部概括一张图像或一段文本所用的数值个数。</translation>
    </message>
    <message>
        <source>Word size</source>
        <translation>词向量维数</translation>
    </message>
    <message>
        <source>Numbers in the embedding of one word.</source>
        <translation>一个词的嵌入向量的维数。</translation>
    </message>
    <message>
        <source>Batch size</source>
        <translation>批大小</translation>
    </message>
    <message>
        <source>Pairs in one step. Larger is steadier, and slower to react.</source>
        <translation>每一步的图文对数。越大越稳，但反应越慢。</translation>
    </message>
    <message>
        <source>pairs</source>
        <translation>对</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>Size of Adam&apos;s steps at the start, for generator and critic alike.</source>
        <translation>Adam 的初始步长，生成器与判别器相同。</translation>
    </message>
    <message>
        <source>Final learning rate</source>
        <translation>最终学习率</translation>
    </message>
    <message>
        <source>Rate at the end of a run that has one, reached along a cosine.</source>
        <translation>有终点的训练在结束时的学习率，按余弦曲线下降。</translation>
    </message>
    <message>
        <source>Adam beta 1</source>
        <translation>Adam beta 1</translation>
    </message>
    <message>
        <source>Memory of the gradient&apos;s mean.</source>
        <translation>梯度均值的记忆。</translation>
    </message>
    <message>
        <source>Adam beta 2</source>
        <translation>Adam beta 2</translation>
    </message>
    <message>
        <source>Memory of the gradient&apos;s square.</source>
        <translation>梯度平方的记忆。</translation>
    </message>
    <message>
        <source>Penalty (gamma)</source>
        <translation>惩罚（gamma）</translation>
    </message>
    <message>
        <source>Weight of the R1 penalty that keeps the critic smooth; too much starves small nets.</source>
        <translation>使判别器保持平滑的 R1 惩罚的权重；过大会让小网络学不到东西。</translation>
    </message>
    <message>
        <source>Penalty interval</source>
        <translation>惩罚间隔</translation>
    </message>
    <message>
        <source>The penalty is computed every so many steps and scaled up to match.</source>
        <translation>每隔若干步计算一次惩罚，并按比例放大。</translation>
    </message>
    <message>
        <source>steps</source>
        <translation>步</translation>
    </message>
    <message>
        <source>Caption weight</source>
        <translation>文本权重</translation>
    </message>
    <message>
        <source>Weight of the cross-entropy by which the captioner also learns from real pairs.</source>
        <translation>文本生成器从真实图文对学习时交叉熵的权重。</translation>
    </message>
    <message>
        <source>Averaging half-life</source>
        <translation>平均半衰期</translation>
    </message>
    <message>
        <source>Samples come from a running average of the generator with this half-life.</source>
        <translation>样本来自生成器权重的滑动平均，此为其半衰期。</translation>
    </message>
    <message>
        <source>Pairs in a preview</source>
        <translation>预览对数</translation>
    </message>
    <message>
        <source>Pairs drawn from the same noise at every preview.</source>
        <translation>每次预览用同一组噪声生成的图文对数。</translation>
    </message>
    <message>
        <source>Preview every</source>
        <translation>预览间隔</translation>
    </message>
    <message>
        <source>Longest time between two previews; they come faster at the start.</source>
        <translation>两次预览之间的最长时间；开始时更频繁。</translation>
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
        <source>Time between two checkpoints.</source>
        <translation>两个检查点之间的时间。</translation>
    </message>
    <message>
        <source>Tiny, for the CPU</source>
        <translation>微型，适合 CPU</translation>
    </message>
    <message>
        <source>32 px, for any laptop without a GPU</source>
        <translation>32 像素，适合没有 GPU 的任何笔记本</translation>
    </message>
    <message>
        <source>Laptop GPU</source>
        <translation>笔记本 GPU</translation>
    </message>
    <message>
        <source>64 px, for a GPU with 6 GB</source>
        <translation>64 像素，适合 6 GB 显存的 GPU</translation>
    </message>
    <message>
        <source>Workstation GPU</source>
        <translation>工作站 GPU</translation>
    </message>
    <message>
        <source>128 px, for a GPU with 24 GB</source>
        <translation>128 像素，适合 24 GB 显存的 GPU</translation>
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
        <source>{0}: {1}.</source>
        <translation>{0}：{1}。</translation>
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
        <source>The run was not found.</source>
        <translation>找不到该训练。</translation>
    </message>
    <message>
        <source>There is no run in {0}.</source>
        <translation>{0} 中没有训练。</translation>
    </message>
    <message>
        <source>Choose a folder that holds a run.toml; runs stand in the workspace under runs.</source>
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
        <source>Move this file out of the run&apos;s folder, so that the one before it is taken.</source>
        <translation>请把该文件移出训练文件夹，程序会改用上一个检查点。</translation>
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
        <source>Choose a folder with PNG, JPEG or WebP files that you are allowed to read.</source>
        <translation>请选择包含可读取的 PNG、JPEG 或 WebP 文件的文件夹。</translation>
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
        <source>The engine could not go on.</source>
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
        <source>Something went wrong inside Diptych.</source>
        <translation>Diptych 内部出了问题。</translation>
    </message>
    <message>
        <source>This is a fault of the program, not yours. Nothing that was saved is lost. Please report it with the details below.</source>
        <translation>这是程序的错误，与您无关。已保存的内容没有丢失。请附上下面的详细信息进行报告。</translation>
    </message>
</context>
<context>
    <name>GalleryForm</name>
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
        <source>Smaller</source>
        <translation>缩小</translation>
    </message>
    <message>
        <source>Larger</source>
        <translation>放大</translation>
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
        <source>images seen</source>
        <translation>已训练图像数</translation>
    </message>
    <message>
        <source>{0} images</source>
        <translation>{0} 张图像</translation>
    </message>
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
        <source>Show the whole run again; single outliers may leave the frame</source>
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
        <source>How badly the generator fails to convince the critic</source>
        <translation>生成器未能骗过判别器的程度</translation>
    </message>
    <message>
        <source>Critic</source>
        <translation>判别器</translation>
    </message>
    <message>
        <source>How badly the critic tells real pairs from generated ones</source>
        <translation>判别器区分真实与生成图文对的误差</translation>
    </message>
    <message>
        <source>Penalty</source>
        <translation>惩罚</translation>
    </message>
    <message>
        <source>What keeps the critic smooth: its squared slope at the real pairs</source>
        <translation>使判别器保持平滑：它在真实图文对处梯度的平方</translation>
    </message>
    <message>
        <source>Caption</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>How surprising the real words are to the generator, in nats a word</source>
        <translation>真实词语对生成器的意外程度，单位为每词 nat</translation>
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
        <source>Previous pair</source>
        <translation>上一对</translation>
    </message>
    <message>
        <source>Next pair</source>
        <translation>下一对</translation>
    </message>
    <message>
        <source>Pair {0} of {1}</source>
        <translation>第 {0} 对，共 {1} 对</translation>
    </message>
</context>
<context>
    <name>PathField</name>
    <message>
        <source>Change…</source>
        <translation>更改…</translation>
    </message>
</context>
<context>
    <name>RunForm</name>
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
    <name>RunPanel</name>
    <message>
        <source>More settings</source>
        <translation>更多设置</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练</translation>
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
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Start training</source>
        <translation>开始训练</translation>
    </message>
    <message>
        <source>End the run; a checkpoint is saved first</source>
        <translation>结束训练；会先保存检查点</translation>
    </message>
    <message>
        <source>Train with the settings above</source>
        <translation>按上面的设置训练</translation>
    </message>
    <message>
        <source>Cannot start yet. {0}: {1}.</source>
        <translation>暂时无法开始。{0}：{1}。</translation>
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
        <source>{0}, {1} pairs, {2} px</source>
        <translation>{0}，{1} 对，{2} 像素</translation>
    </message>
</context>
<context>
    <name>RunStatus</name>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
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
        <source>Saving a checkpoint…</source>
        <translation>正在保存检查点…</translation>
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
        <source>Ended with an error</source>
        <translation>因错误结束</translation>
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
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>How many pairs to draw from the newest checkpoint</source>
        <translation>从最新检查点生成多少对</translation>
    </message>
    <message>
        <source>Pairs</source>
        <translation>对数</translation>
    </message>
    <message>
        <source>Start of the noise: the same seed and checkpoint give the same pairs</source>
        <translation>噪声的起点：相同的种子和检查点得到相同的图文对</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>A new or empty folder; it is made if it does not exist</source>
        <translation>新的或空的文件夹；不存在时会自动创建</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
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
    <message>
        <source>Folder for the gallery</source>
        <translation>画廊的文件夹</translation>
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
    <name>StepBar</name>
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
        <source>Show the newest pairs, and each new preview as it comes</source>
        <translation>显示最新的图文对，并随新预览更新</translation>
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
    <name>Studio</name>
    <message>
        <source>Folder of a run</source>
        <translation>训练的文件夹</translation>
    </message>
    <message>
        <source>Folder for datasets, runs and galleries</source>
        <translation>数据集、训练和画廊的文件夹</translation>
    </message>
    <message>
        <source>The language changes when Diptych starts the next time.</source>
        <translation>语言将在下次启动 Diptych 时更改。</translation>
    </message>
</context>
<context>
    <name>SubjectRows</name>
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
    <name>TileModel</name>
    <message>
        <source>Pair {0}: {1}</source>
        <translation>第 {0} 对：{1}</translation>
    </message>
</context>
<context>
    <name>WelcomePage</name>
    <message>
        <source>Welcome to Diptych</source>
        <translation>欢迎使用 Diptych</translation>
    </message>
    <message>
        <source>A generator learns to draw pictures and to name them; a critic learns to tell its pairs from real ones. Each makes the other better while you watch. Pick something to start with: it trains right here, on this computer, and nothing is uploaded.</source>
        <translation>生成器学习画图并为图命名；判别器学习分辨生成的与真实的图文对。两者在您眼前相互促进。请选一项开始：训练就在这台计算机上进行，不会上传任何内容。</translation>
    </message>
    <message>
        <source>Train on {0}</source>
        <translation>训练{0}</translation>
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
        <source>{0} px · {1}</source>
        <translation>{0} 像素 · {1}</translation>
    </message>
</context>
</TS>
