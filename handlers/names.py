"""Names and numbers of people and companies in one form, so that the same ones are seen as the same. Pure.

Full width becomes half width (Unicode NFKC), traditional characters that company and place names use become
simplified ones, legal forms and brackets fall away. What is stored stays as it was written; keys are for
comparing.
"""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz import fuzz

# Pairs traditional → simplified, of the characters that names of companies, places and sectors use.
_PAIRS = (
    "電电 豐丰 瀘泸 蕪芜 贛赣 滄沧 淶涞 臨临 鹽盐 鄖郧 粵粤 瓊琼 錫锡 紹绍 鎮镇 蓮莲 氫氢 氬氩 矽硅 "
    "氣气 風风 陽阳 陰阴 國国 際际 華华 東东 車车 門门 開开 發发 產产 業业 團团 責责 資资 貿贸 銀银 "
    "錢钱 鋼钢 鐵铁 銅铜 鋁铝 礦矿 灣湾 廣广 廈厦 慶庆 龍龙 龜龟 鳳凤 鴻鸿 鵬鹏 馬马 騰腾 驗验 體体 "
    "點点 齊齐 齋斋 遠远 運运 達达 連连 進进 過过 還还 遼辽 遷迁 鄭郑 鄧邓 醫医 釋释 鍾钟 鐘钟 長长 "
    "閩闽 閣阁 關关 陳陈 陸陆 隊队 階阶 難难 雲云 霧雾 靈灵 靜静 頂顶 項项 順顺 須须 預预 領领 頭头 "
    "題题 願愿 類类 顧顾 顯显 飛飞 飯饭 飲饮 養养 館馆 餘余 創创 劃划 劉刘 動动 務务 勞劳 勝胜 勢势 "
    "勵励 區区 協协 衛卫 廠厂 參参 雙双 變变 號号 葉叶 聯联 聖圣 聽听 職职 聲声 處处 備备 複复 復复 "
    "頓顿 夾夹 奪夺 奮奋 獎奖 婦妇 媽妈 學学 孫孙 寧宁 實实 審审 寫写 寬宽 寶宝 將将 專专 尋寻 對对 "
    "導导 層层 屬属 岡冈 島岛 峽峡 嶺岭 巖岩 幣币 帥帅 師师 帶带 幫帮 幹干 幾几 庫库 應应 廟庙 廢废 "
    "張张 彈弹 強强 彌弥 當当 錄录 徑径 從从 愛爱 懷怀 態态 慮虑 憲宪 戰战 戲戏 戶户 撫抚 擇择 擔担 "
    "據据 擴扩 攝摄 攜携 斷断 時时 晉晋 暢畅 曉晓 曆历 歷历 書书 會会 術术 樸朴 機机 殺杀 雜杂 權权 "
    "條条 來来 楊杨 極极 榮荣 樂乐 樓楼 標标 樞枢 樹树 橋桥 檔档 檢检 歐欧 歡欢 歲岁 殼壳 殘残 毀毁 "
    "沒没 溝沟 滬沪 漢汉 澤泽 潔洁 濟济 濤涛 灃沣 灑洒 滅灭 燈灯 爐炉 煉炼 煙烟 熱热 爭争 爾尔 牆墙 "
    "獨独 獲获 獵猎 環环 現现 瑪玛 璣玑 畢毕 異异 療疗 盧卢 盤盘 監监 蓋盖 礎础 碼码 確确 禮礼 禦御 "
    "種种 稱称 穩稳 積积 窩窝 競竞 筆笔 範范 築筑 簡简 籃篮 糧粮 紀纪 約约 紅红 純纯 納纳 級级 紙纸 "
    "紡纺 細细 組组 結结 絡络 統统 經经 綠绿 維维 網网 緊紧 線线 練练 縣县 總总 績绩 織织 繼继 續续 "
    "纖纤 羅罗 習习 聞闻 聰聪 肅肃 腦脑 興兴 舉举 舊旧 艦舰 藝艺 節节 莊庄 蘇苏 蘭兰 藍蓝 藥药 萬万 "
    "蕭萧 薩萨 虛虚 蟲虫 補补 裝装 製制 見见 規规 視视 覺觉 覽览 觀观 計计 訂订 訓训 記记 設设 許许 "
    "訴诉 診诊 評评 詞词 試试 詩诗 話话 詢询 該该 誠诚 誤误 說说 調调 談谈 請请 論论 諸诸 諾诺 謀谋 "
    "謝谢 識识 證证 譯译 議议 護护 讀读 貝贝 負负 財财 貢贡 貨货 販贩 費费 賀贺 賓宾 賢贤 質质 購购 "
    "賽赛 贊赞 趙赵 跡迹 軌轨 軍军 軒轩 軟软 輕轻 載载 較较 輔辅 輝辉 輪轮 輸输 轉转 辦办 農农 郵邮 "
    "鄉乡 釀酿 鏡镜 鎳镍 鋰锂 錦锦 鎂镁 鈦钛 鈉钠 鉀钾 鑄铸 鑽钻 臺台 颱台 壩坝 墾垦 塊块 場场 壓压 "
    "執执 報报 壯壮 傳传 債债 價价 儀仪 億亿 優优 儲储 償偿 內内 兩两 凱凯 劑剂 單单 嚴严 園园 圖图 "
    "圓圆 圍围 堅坚 壽寿 夢梦 淨净 減减 測测 渦涡 湯汤 滿满 滾滚 漁渔 漸渐 潤润 濱滨 瀋沈 瀾澜 營营 "
    "蘊蕴 與与 為为 於于 後后 裡里 裏里 麗丽 麵面 黃黄 黨党 齡龄 龐庞 啟启 併并 佈布 佔占 係系 個个 "
    "們们 傑杰 傘伞 僑侨 儉俭 勻匀 匯汇 卻却 厭厌 吳吴 呂吕 員员 問问 啓启 喬乔 嘆叹 嘗尝 嚮向 壺壶 "
    "奧奥 姍姗 嬌娇 嶽岳 燁烨 "
)
_SIMPLIFIED = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}

_BRACKETED = re.compile(r"[(\[<〈《【〔{][^)\]>〉》】〕}]*[)\]>〉》】〕}]")
_LEGAL_FORMS = re.compile(
    r"(集团股份有限公司|股份有限公司|有限责任公司|控股集团有限公司|集团有限公司|控股有限公司|有限公司|有限合伙企业|合伙企业"
    r"|股份公司|总公司|分公司|公司|集团)$"
)
_LEGAL_FORMS_LATIN = re.compile(
    r"\b(co|company|corp|corporation|inc|incorporated|ltd|limited|llc|llp|plc|gmbh|ag|sa|sas|bv|nv|pte|pty|group|"
    r"holding|holdings)\b\.?"
)
_NOT_WORD = re.compile(r"[^\w]+")


def half_width(text: str) -> str:
    """NFKC (full-width letters, digits and punctuation become plain ones), trimmed, blanks made single."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def simplified(text: str) -> str:
    """Traditional characters as simplified ones, as far as our table goes; others stay."""
    return text.translate(_SIMPLIFIED)


def name_key(name: str) -> str:
    """A company's or project's name for comparing: simplified, lower case, without legal form, brackets and
    marks.

    “華東(上海)風電有限公司” and “华东风电股份有限公司” → “华东风电”. A name that is nothing but a legal form
    stays.
    """
    plain = simplified(half_width(name)).lower()
    bare = _BRACKETED.sub("", plain).replace("有限合伙", "")
    bare = _LEGAL_FORMS_LATIN.sub(" ", bare)
    bare = _NOT_WORD.sub("", bare).replace("_", "")
    while (shorter := _LEGAL_FORMS.sub("", bare)) and shorter != bare:
        bare = shorter
    return bare or _NOT_WORD.sub("", plain)


def bracketed(name: str) -> str:
    """What stands in brackets in a name (often the place: 上海), in the comparable form; empty when nothing
    does.
    """
    plain = simplified(half_width(name)).lower()
    return "".join(_NOT_WORD.sub("", part) for part in _BRACKETED.findall(plain))


def similarity(one: str, other: str) -> int:
    """How alike two keys of `name_key` are, 0–100.

    The plain edit ratio: token tricks of rapidfuzz suppose blanks between words, which Chinese does not have.
    """
    return round(fuzz.ratio(one, other))


_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"010\d{8}|02\d{9}|0[3-9]\d{9,10}")


def phone_key(text: str) -> str | None:
    """A telephone number as `+<country><digits>`; None when it is none.

    Chinese mobiles (11 digits from 13) and landlines (area code from 0) get +86; others need their `+` or
    `00`. An extension (转, ext, 分机, #) is left out.
    """
    plain = half_width(text).lower()
    plain = re.split(r"转|ext|分机|#|x(?=\d)", plain)[0]
    international = plain.lstrip(" (").startswith(("+", "00"))
    digits = re.sub(r"\D", "", plain)
    if international:
        digits = digits.removeprefix("00")
        if digits.startswith("86"):
            return _chinese(digits[2:])
        return f"+{digits}" if 7 <= len(digits) <= 15 else None
    if len(digits) == 13 and digits.startswith("861"):
        digits = digits[2:]
    return _chinese(digits)


def _chinese(digits: str) -> str | None:
    national = digits.removeprefix("0") if digits.startswith("01") and len(digits) == 12 else digits
    if _MOBILE.fullmatch(national):
        return f"+86{national}"
    with_trunk = national if national.startswith("0") else f"0{national}"
    return f"+86{with_trunk[1:]}" if _LANDLINE.fullmatch(with_trunk) else None


_EMAIL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")


def email_key(text: str) -> str | None:
    """An e-mail address in lower case and half width; None when it is none (the everyday part of RFC
    5322).
    """
    plain = half_width(text).lower().replace(" ", "")
    local = plain.partition("@")[0]
    if ".." in local or local.startswith(".") or local.endswith("."):
        return None
    return plain if _EMAIL.fullmatch(plain) else None
